import pytest
import torch
import torch.nn.functional as F

from hembench.core.errors import InputError
from hembench.losses import mm


@pytest.mark.parametrize(
    ("logits", "label", "expected"),
    [
        ([2, 0, 0], 0, 0.0),
        ([0, 0, 0, 0], 2, 0.75),
        ([0.6, 0.5, 0, -0.7], 0, 0.325),
        ([0, 1, 0, 0], 0, 1.0),
        ([3, 1, -2], 1, 1.0),
    ],
)
def test_worked_examples(logits, label, expected):
    value = mm.build(len(logits))(torch.tensor([logits], dtype=torch.float64), torch.tensor([label]))
    assert value.item() == pytest.approx(expected, abs=1e-12)


def test_worked_batch():
    logits = torch.tensor([[2.0, 0, 0], [0, 0.1, 0], [0.3, 0.5, 0]], dtype=torch.float64)
    assert mm.build(3, margin=0.2)(logits, torch.zeros(3, dtype=torch.int64)).item() == pytest.approx(0.1)


@pytest.mark.parametrize(("margin", "power"), [(1.0, 1.0), (0.2, 1.0), (1.0, 2.0)])
def test_equals_torch(margin, power):
    logits, labels = torch.randn(6, 7, dtype=torch.float64), torch.randint(0, 7, (6,))
    torch.testing.assert_close(
        mm.build(7, margin=margin, power=power)(logits, labels),
        F.multi_margin_loss(logits, labels, margin=margin, p=int(power)),
    )


def test_root_of_a_zero_error_is_finite():
    logits = torch.tensor([[1.0, 0.0, 0.5]], requires_grad=True)  # errors 0 (exactly at the margin) and 0.5
    value = mm.build(3, margin=1.0, power=0.5)(logits, torch.tensor([0]))
    value.backward()
    assert value.item() == pytest.approx(0.5**0.5 / 3)
    assert logits.grad.isfinite().all()
    assert logits.grad[0, 1] == 0


def test_all_correct_batch_gives_zero_gradients():
    logits = torch.tensor([[5.0, 0, 0], [0, 0, 5.0]], requires_grad=True)
    value = mm.build(3, power=0.5)(logits, torch.tensor([0, 2]))
    value.backward()
    assert value == 0
    assert not logits.grad.any()


def test_options_out_of_range():
    with pytest.raises(InputError, match="mm: margin: expected a number at least 0"):
        mm.build(3, margin=-0.1)
    with pytest.raises(InputError, match="mm: power: expected a number above 0"):
        mm.build(3, power=0.0)
