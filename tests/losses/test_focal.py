import math

import pytest
import torch

from hembench.core.errors import InputError
from hembench.losses import ce, focal


def test_gamma_zero_is_cross_entropy():
    logits, labels = torch.randn(6, 4), torch.randint(0, 4, (6,))
    torch.testing.assert_close(focal.build(4, gamma=0.0)(logits, labels), ce.build(4)(logits, labels))


def test_worked_example():
    value = focal.build(2)(torch.zeros(1, 2), torch.tensor([0]))
    assert value.item() == pytest.approx(0.5**2 * math.log(2))


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_a_sure_prediction_has_a_finite_gradient(gamma):
    logits = torch.tensor([[200.0, 0.0]], requires_grad=True)
    value = focal.build(2, gamma=gamma)(logits, torch.tensor([0]))
    value.backward()
    assert value == 0
    assert logits.grad.isfinite().all()


def test_options_out_of_range():
    with pytest.raises(InputError, match="focal: gamma: expected a number at least 0"):
        focal.build(4, gamma=-1.0)
