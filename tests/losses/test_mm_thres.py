import pytest
import torch

from hembench.losses import mm_thres

LOGITS = torch.tensor([[0, 0.3, 0.1, -0.15, -2], [5, 0, 0, 0, 0]], dtype=torch.float64)


def test_worked_example():
    # errors at margin 0.2: .5 .3 .05, threshold .17, kept .5 .3; the mean is over all 2 x 5 entries
    value = mm_thres.build(5)(LOGITS, torch.zeros(2, dtype=torch.int64))
    assert value.item() == pytest.approx(0.8 / 10)


def test_the_threshold_carries_no_gradient():
    logits = LOGITS[:1].clone().requires_grad_()
    mm_thres.build(5)(logits, torch.tensor([0])).backward()
    torch.testing.assert_close(logits.grad, torch.tensor([[-0.4, 0.2, 0.2, 0, 0]], dtype=torch.float64))


def test_root_of_a_zero_error_is_finite():
    logits = torch.tensor([[1.0, 0.0, 0.5]], requires_grad=True)
    value = mm_thres.build(3, margin=1.0, power=0.5)(logits, torch.tensor([0]))
    value.backward()
    assert value.item() == pytest.approx(0.5**0.5 / 3)
    assert logits.grad.isfinite().all()
