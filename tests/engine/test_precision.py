from __future__ import annotations

import pytest
import torch
from torch import nn

from hembench.core.errors import ConfigError
from hembench.engine.precision import LossScale


def parameter(gradient):
    made = nn.Parameter(torch.zeros(2))
    made.grad = torch.tensor(gradient)
    return made


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_wide_ranges_need_no_scale(precision):
    scale, weight = LossScale(precision), parameter([1.0, float("inf")])
    assert scale.unscale([weight])
    assert scale.scale == 1
    assert weight.grad is not None


def test_gradients_are_divided_by_the_scale():
    scale, weight = LossScale("float16"), parameter([65536.0, -131072.0])
    assert scale.unscale([weight])
    assert weight.grad.tolist() == [1.0, -2.0]


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_a_gradient_that_is_not_finite_halves_the_scale_and_is_dropped(bad):
    scale, weight, other = LossScale("float16"), parameter([1.0, bad]), parameter([1.0, 1.0])
    scale.streak = 7
    assert not scale.unscale([weight, other])
    assert (scale.scale, scale.streak) == (2.0**15, 0)
    assert weight.grad is None
    assert other.grad is None


def test_two_thousand_good_steps_double_the_scale():
    scale = LossScale("float16")
    for _ in range(2000):
        assert scale.scale == 2.0**16
        scale.unscale([parameter([1.0, 1.0])])
    assert (scale.scale, scale.streak) == (2.0**17, 0)


def test_an_unknown_precision_is_an_error():
    with pytest.raises(ConfigError, match="'float8' is unknown"):
        LossScale("float8")
