import math

import pytest
import torch

from hembench.core.errors import InputError
from hembench.losses import _pieces, hem

EXAMPLES = [  # logits, label, margin, value
    ([2, 0, 0], 0, 0.5, 0.0),
    ([0, 0, 0, 0], 2, 0.2, 0.2),
    ([0.6, 0.5, 0, -0.7], 0, 0.5, 0.4),
    ([0, 1, 0, 0], 0, 0.5, 1.5),
    ([3, 1, -2], 1, 0.2, 2.2),
    ([1, 0.9, 0.2, 0.95], 0, 0.5, 0.425),
    ([0, 0.3, 0.1, -0.15, -2], 0, 0.2, 0.4),
    ([0, 0.3, 0, -0.1, -2], 0, 0.2, 0.35),
]


def straightforward(logits, labels, margin, power=1.0, ignore_index=-100):
    """Return HEM of (N, C) logits, every step left to autograd; finite gradients where no error is 0."""
    counted = labels != ignore_index
    logits, labels = logits[counted], labels[counted]
    errors = (logits - logits.gather(1, labels[:, None]) + margin).clamp(min=0)
    errors = errors.scatter(1, labels[:, None], 0.0)
    errors = torch.where(errors > 0, torch.where(errors > 0, errors, 1.0) ** power, 0.0)
    keep = (errors >= errors.detach().mean(dim=1, keepdim=True)) & (errors > 0)
    number = keep.sum(dim=1)
    per_sample = (errors * keep).sum(dim=1) / number.clamp(min=1)
    return per_sample.sum() / (number > 0).sum().clamp(min=1)


@pytest.mark.parametrize(("logits", "label", "margin", "expected"), EXAMPLES)
def test_worked_examples(logits, label, margin, expected):
    loss = hem.build(len(logits), margin=margin)
    value = loss(torch.tensor([logits], dtype=torch.float64), torch.tensor([label]))
    assert value.item() == pytest.approx(expected, abs=1e-12)


def test_worked_batch_is_the_mean_over_active_samples():
    logits = torch.tensor([[2, 0, 0], [0, 0.1, 0], [0.3, 0.5, 0]], dtype=torch.float64, requires_grad=True)
    value = hem.build(3, margin=0.2)(logits, torch.zeros(3, dtype=torch.int64))
    assert value.item() == pytest.approx(0.325)
    value.backward()
    expected = [[0, 0, 0], [-0.5, 0.25, 0.25], [-0.5, 0.5, 0]]
    torch.testing.assert_close(logits.grad, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("power", [1.0, 0.5, 0.7, 2.0])
@pytest.mark.parametrize("pieces", [None, 1, 40])
def test_lean_equals_straightforward(monkeypatch, dtype, power, pieces):
    if pieces:  # logits handled together: many pieces, whose edges do not meet those of the images
        monkeypatch.setattr(_pieces, "_CPU", pieces)
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(3, 7, 5, 4, generator=generator, dtype=dtype, requires_grad=True)
    labels = torch.randint(0, 7, (3, 5, 4), generator=generator)
    labels[0, 1:3] = 255
    value = hem.build(7, margin=0.3, power=power, ignore_index=255)(logits, labels)
    flat = logits.permute(0, 2, 3, 1).reshape(-1, 7)
    expected = straightforward(flat, labels.flatten(), 0.3, power, 255)
    torch.testing.assert_close(value, expected)
    lean, plain = (torch.autograd.grad(loss * 3.0, logits)[0] for loss in (value, expected))
    torch.testing.assert_close(lean, plain)
    torch.testing.assert_close(lean.sum(dim=1), torch.zeros(3, 5, 4, dtype=dtype), atol=1e-6, rtol=0)


def test_lean_saves_one_byte_per_logit_at_power_one():
    logits, labels = torch.randn(4, 19, 32, 32, requires_grad=True), torch.randint(0, 19, (4, 32, 32))
    saved: dict[int, int] = {}

    def note(tensor):
        saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        hem.build(19, margin=0.2)(logits, labels)
    per_pixel = sum(saved.values()) / labels.numel()
    assert per_pixel < 19 + 8 + 1 + 0.1  # kept or not, target, number of kept; and a few scalars


@pytest.mark.parametrize("power", [1.0, 0.5])
def test_all_correct_batch_is_a_zero_that_keeps_the_graph(power):
    logits = torch.tensor([[5.0, 0, 0], [0, 0, 5.0]], requires_grad=True)
    value = hem.build(3, margin=0.2, power=power)(logits, torch.tensor([0, 2]))
    assert value == 0
    assert value.requires_grad
    value.backward()
    assert not logits.grad.any()


def test_root_of_a_zero_error_is_finite():
    logits = torch.tensor([[1.0, 0.0, 0.5]], requires_grad=True)  # errors 0 (exactly at the margin) and 0.5
    value = hem.build(3, margin=1.0, power=0.5)(logits, torch.tensor([0]))
    value.backward()
    assert value.item() == pytest.approx(0.5**0.5)
    torch.testing.assert_close(logits.grad, torch.tensor([[-1.0, 0.0, 1.0]]) * 0.5 / 0.5**0.5)


@pytest.mark.parametrize("power", [1.0, 0.5])
def test_root_of_the_smallest_errors_is_finite(power):
    logits = torch.tensor([[0.0, 1e-45], [0.0, 1e-38], [0.0, 1e-30]], requires_grad=True)
    value = hem.build(2, margin=0.0, power=power)(logits, torch.zeros(3, dtype=torch.int64))
    value.backward()
    assert value.isfinite()
    assert value > 0
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("classes", [2, 4, 10, 21, 100, 1000])
def test_equal_errors_are_all_kept(classes):
    constant = torch.rand(200, 1).expand(200, classes).contiguous().requires_grad_()
    labels = torch.arange(200) % classes
    value = hem.build(classes, margin=0.2)(constant, labels)
    value.backward()
    assert value.item() == pytest.approx(0.2, rel=1e-6)
    expected = torch.full((200, classes), 1 / (classes - 1)).scatter(1, labels[:, None], -1.0) / 200
    torch.testing.assert_close(constant.grad, expected)


def test_an_error_equal_to_the_mean_is_kept():
    logits = torch.tensor([[0.0, 1.0, 0.5, -5.0]])  # errors at margin 0: 0 1 .5 0, mean .375
    assert hem.build(4, margin=0.0)(logits, torch.tensor([0])) == 0.75
    logits = torch.tensor([[0.0, 1.0, 0.5, -5.0, -5.0, -5.0]])
    assert hem.build(6, margin=0.0)(logits, torch.tensor([0])) == 0.75
    logits = torch.tensor([[0.0, 1.5, 0.5, -5.0]])  # mean .5, equal to the second error
    assert hem.build(4, margin=0.0)(logits, torch.tensor([0])) == 1.0


def test_masked_logits_do_not_matter():
    logits = torch.tensor([[0.3, 0.5]], requires_grad=True)
    masked = torch.tensor([[0.3, 0.5, -1000.0, -torch.inf]], requires_grad=True)
    labels = torch.tensor([0])
    for size, values in ((2, logits), (4, masked)):
        hem.build(size, margin=0.2)(values, labels).backward()
    torch.testing.assert_close(masked.grad[:, :2], logits.grad)
    assert not masked.grad[:, 2:].any()


def test_empty_batch_is_zero():
    logits = torch.zeros(0, 3, requires_grad=True)
    assert hem.build(3, margin=0.2)(logits, torch.zeros(0, dtype=torch.int64)) == 0


@pytest.mark.parametrize(
    ("counts", "rule", "expected"),
    [
        ([5000] * 10, "total", 0.2),
        ([50] * 10, "total", 2.0),
        ([6000] * 10, "total", 0.182574),
        ([500] * 100, "total", 0.2),
        ([5000] * 10, "per_class", 0.632456),
    ],
)
def test_margin_of_counts(counts, rule, expected):
    assert hem.build(len(counts), counts, margin_rule=rule).margin == pytest.approx(expected, abs=1e-6)


def test_margin_constant_and_given_margin():
    assert hem.build(2, [300, 200], margin_constant=500.0).margin == 1.0
    assert hem.build(2, margin=0.7).margin == 0.7
    assert hem.build(2, [300, 200], margin=0.7).margin == 0.7
    assert hem.build(2, [300, 200]).margin == pytest.approx(math.sqrt(4))


def test_bad_arguments():
    with pytest.raises(InputError, match=r"hem \(without margin\): needs counts, the number of training samples"):
        hem.build(3)
    with pytest.raises(InputError, match="expected 3 counts, one per class, got 2"):
        hem.build(3, [1, 2])
    with pytest.raises(InputError, match="the count of class 2 is 0; every class needs a positive count"):
        hem.build(3, [1, 2, 0])
    with pytest.raises(InputError, match="hem: margin: expected a number at least 0, got -1"):
        hem.build(3, margin=-1.0)
    with pytest.raises(InputError, match="hem: power: expected a number above 0, got 0"):
        hem.build(3, margin=1.0, power=0.0)
    with pytest.raises(InputError, match="hem: margin_constant: expected a number above 0, got 0"):
        hem.build(3, [1, 2, 3], margin_constant=0.0)
    with pytest.raises(InputError, match="hem: margin_rule: expected 'total' or 'per_class', got 'mean'"):
        hem.build(3, [1, 2, 3], margin_rule="mean")
