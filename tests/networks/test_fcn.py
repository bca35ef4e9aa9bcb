from __future__ import annotations

import pytest
import torch

from hembench.core.errors import InputError
from hembench.networks import fcn


def test_an_output_sees_17_pixels_in_each_direction():
    network = fcn.build(3, (3, 32, 32))
    torch.manual_seed(1)
    images = torch.rand(1, 3, 41, 41, requires_grad=True)
    network(images)[0, :, 20, 20].sum().backward()
    seen = images.grad[0].abs().sum(0).nonzero()
    assert seen.min() >= 20 - 8
    assert seen.max() <= 20 + 8
    parameters = list(network.parameters())
    with torch.no_grad():
        for parameter in parameters:
            parameter.fill_(0.01)  # no ReLU is shut
    images.grad = None
    network(images)[0, :, 20, 20].sum().backward()
    assert torch.equal(images.grad[0].abs().sum(0).nonzero().amax(0), torch.tensor([28, 28]))


def test_other_sizes():
    assert fcn.build(5, (1, 32, 32), channels=4)(torch.rand(2, 1, 7, 50)).shape == (2, 5, 7, 50)


def test_no_channels_are_refused():
    with pytest.raises(InputError, match="fcn: channels=0: expected at least 1"):
        fcn.build(5, (3, 32, 32), channels=0)
