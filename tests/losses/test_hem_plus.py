import pytest
import torch

from hembench.core.errors import InputError
from hembench.losses import _pieces, hem, hem_plus

COUNTS = (5000, 500, 50)


@pytest.mark.parametrize(
    ("logits", "label", "by_target", "by_competitor"),
    [
        ([1, 0.8, 0.5], 0, 0.165148, 3.151484),
        ([1, 0.8, 0.5], 1, 1.104701, 3.351484),
        ([1, 0.8, 0.5], 2, 4.051484, 1.159924),
        ([0, 0, 0], 0, 0.365148, 3.651484),
        ([0, 0, 0], 2, 3.651484, 1.154701),
    ],
)
def test_worked_examples(logits, label, by_target, by_competitor):
    for index, expected in (("target", by_target), ("competitor", by_competitor)):
        loss = hem_plus.build(3, COUNTS, margin_index=index)
        value = loss(torch.tensor([logits], dtype=torch.float64), torch.tensor([label]))
        assert value.item() == pytest.approx(expected, abs=1e-6)


def test_margins_are_those_of_the_target_by_default():
    loss = hem_plus.build(3, COUNTS)
    assert loss.by_target
    assert loss.margins.tolist() == pytest.approx([0.365148, 1.154701, 3.651484], abs=1e-6)
    assert hem_plus.build(3, COUNTS, margin_rule="per_class").margins.tolist() == pytest.approx(
        [0.632456, 2, 6.324555]
    )
    assert hem_plus.build(3, COUNTS, margin_constant=15.0).margins.tolist() == pytest.approx(
        [0.031623, 0.1, 0.316228], abs=1e-6
    )


@pytest.mark.parametrize("index", ["target", "competitor"])
@pytest.mark.parametrize("rule", ["total", "per_class"])
@pytest.mark.parametrize("power", [1.0, 0.5])
def test_equals_hem_on_equal_counts(index, rule, power):
    logits, labels = (
        torch.randn(2, 5, 3, 4, dtype=torch.float64, requires_grad=True),
        torch.randint(0, 5, (2, 3, 4)),
    )
    plain = hem.build(5, [700] * 5, margin_rule=rule, power=power)(logits, labels)
    plus = hem_plus.build(5, [700] * 5, margin_rule=rule, margin_index=index, power=power)(logits, labels)
    torch.testing.assert_close(plus, plain)
    torch.testing.assert_close(torch.autograd.grad(plus, logits), torch.autograd.grad(plain, logits))


@pytest.mark.parametrize("index", ["target", "competitor"])
@pytest.mark.parametrize("power", [1.0, 0.5])
@pytest.mark.parametrize("pieces", [None, 40])
def test_lean_equals_straightforward(monkeypatch, index, power, pieces):
    if pieces:
        monkeypatch.setattr(_pieces, "_CPU", pieces)
    generator = torch.Generator().manual_seed(2)
    logits = torch.randn(3, 3, 5, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    labels = torch.randint(0, 3, (3, 5, 4), generator=generator)
    labels[2, 0] = -100
    loss = hem_plus.build(3, COUNTS, margin_index=index, power=power)
    value = loss(logits, labels)

    flat, flat_labels = logits.permute(0, 2, 3, 1).reshape(-1, 3), labels.flatten()
    flat, flat_labels = flat[flat_labels >= 0], flat_labels[flat_labels >= 0]
    margins = loss.margins[flat_labels][:, None] if index == "target" else loss.margins
    errors = (flat - flat.gather(1, flat_labels[:, None]) + margins).clamp(min=0)
    errors = errors.scatter(1, flat_labels[:, None], 0.0)
    errors = torch.where(errors > 0, torch.where(errors > 0, errors, 1.0) ** power, 0.0)
    keep = (errors >= errors.detach().mean(dim=1, keepdim=True)) & (errors > 0)
    per_sample = (errors * keep).sum(dim=1) / keep.sum(dim=1).clamp(min=1)
    expected = per_sample.sum() / (per_sample > 0).sum()

    torch.testing.assert_close(value, expected)
    lean, plain = (torch.autograd.grad(loss, logits)[0] for loss in (value, expected))
    torch.testing.assert_close(lean, plain)
    torch.testing.assert_close(lean.sum(dim=1), torch.zeros(3, 5, 4, dtype=torch.float64), atol=1e-12, rtol=0)


def test_all_correct_batch_is_a_zero_that_keeps_the_graph():
    logits = torch.tensor([[9.0, 0, 0], [0, 0, 9.0]], requires_grad=True)
    value = hem_plus.build(3, COUNTS)(logits, torch.tensor([0, 2]))
    value.backward()
    assert value == 0
    assert not logits.grad.any()


def test_bad_arguments():
    with pytest.raises(InputError, match="hem_plus: needs counts"):
        hem_plus.build(3)
    with pytest.raises(InputError, match="hem_plus: expected 3 counts, one per class, got 4"):
        hem_plus.build(3, [1, 2, 3, 4])
    with pytest.raises(InputError, match="hem_plus: the count of class 0 is -5"):
        hem_plus.build(3, [-5, 2, 3])
    with pytest.raises(InputError, match="margin_index: expected 'target' or 'competitor', got 'both'"):
        hem_plus.build(3, COUNTS, margin_index="both")
    with pytest.raises(InputError, match="margin_rule: expected 'total' or 'per_class', got 'mean'"):
        hem_plus.build(3, COUNTS, margin_rule="mean")
    with pytest.raises(InputError, match="hem_plus: power: expected a number above 0"):
        hem_plus.build(3, COUNTS, power=-1.0)
