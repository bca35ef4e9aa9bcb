import pytest
import torch

from hembench.losses import mm_maz

LOGITS = torch.tensor([[0, 0.3, 0.1, -0.15, -2], [5, 0, 0, 0, 0], [0, -0.1, -1, -1, -1]], dtype=torch.float64)


def test_worked_example():
    # errors at margin 0.2: .5 .3 .05 | none | .1; means above zero .85 / 3 and .1; mean of the two active samples
    value = mm_maz.build(5)(LOGITS, torch.zeros(3, dtype=torch.int64))
    assert value.item() == pytest.approx((0.85 / 3 + 0.1) / 2)


def test_root_of_a_zero_error_is_finite():
    logits = torch.tensor([[1.0, 0.0, 0.5]], requires_grad=True)
    value = mm_maz.build(3, margin=1.0, power=0.5)(logits, torch.tensor([0]))
    value.backward()
    assert value.item() == pytest.approx(0.5**0.5)
    assert logits.grad.isfinite().all()


def test_all_correct_batch_gives_zero_gradients():
    logits = LOGITS[1:2].clone().requires_grad_()
    value = mm_maz.build(5, power=0.5)(logits, torch.tensor([0]))
    value.backward()
    assert value == 0
    assert not logits.grad.any()
