from __future__ import annotations

import pytest
import torch
from torch import nn

from hembench.core.errors import InputError
from hembench.networks import lenet


def test_the_papers_layers():
    network = lenet.build(10, (1, 28, 28))
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert [(m.in_channels, m.out_channels, m.kernel_size) for m in convolutions] == [
        (1, 16, (5, 5)),
        (16, 16, (5, 5)),
    ]
    linear = [m for m in network.modules() if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in linear] == [(256, 50), (50, 10)]


def test_parameters_are_two_fewer_than_the_paper_prints():
    """20,194 in Table 2: the only natural layers that come near have 20,192 (docs/decisions.md)."""
    assert sum(p.numel() for p in lenet.build(10, (1, 28, 28)).parameters()) == 20_194 - 2


def test_other_shapes_and_classes():
    assert lenet.build(7, (3, 16, 20))(torch.rand(5, 3, 16, 20)).shape == (5, 7)


@pytest.mark.parametrize("shape", [(1, 15, 28), (1, 28, 15), (1, 8, 8)])
def test_too_small_images_are_refused(shape):
    with pytest.raises(InputError, match="at least 16x16"):
        lenet.build(10, shape)


@pytest.mark.parametrize("option", ["channels", "hidden"])
def test_empty_layers_are_refused(option):
    with pytest.raises(InputError, match="at least 1"):
        lenet.build(10, (1, 28, 28), **{option: 0})
