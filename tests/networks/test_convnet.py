from __future__ import annotations

import pytest
import torch
from torch import nn

from hembench.core.errors import InputError
from hembench.networks import convnet


def test_the_papers_layers():
    layers = [m for m in convnet.build(10, (1, 28, 28)) if isinstance(m, nn.Conv2d)]
    assert [(m.in_channels, m.out_channels) for m in layers] == [(1, 32), (32, 32), (32, 32), (32, 32), (32, 10)]
    assert all(m.kernel_size == (3, 3) and m.bias is not None for m in layers)


def test_no_layer_but_the_last_sees_the_classes():
    assert convnet.build(2, (1, 8, 8))(torch.rand(5, 1, 8, 8)).shape == (5, 2)


@pytest.mark.parametrize("shape", [(1, 7, 8), (3, 8, 7), (1, 1, 1)])
def test_too_small_images_are_refused(shape):
    with pytest.raises(InputError, match="at least 8x8"):
        convnet.build(10, shape)


def test_no_channels_are_refused():
    with pytest.raises(InputError, match="channels=0"):
        convnet.build(10, (1, 8, 8), channels=0)
