from __future__ import annotations

import pytest
import torch
from torch import nn

from hembench.core.errors import InputError
from hembench.networks import mlp


def test_the_papers_layers():
    layers = [m for m in mlp.build(10, (1, 28, 28)) if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in layers] == [(784, 200), (200, 200), (200, 200), (200, 10)]


def test_width_and_depth():
    network = mlp.build(3, (1, 2, 2), width=5, depth=1)
    assert sum(p.numel() for p in network.parameters()) == 4 * 5 + 5 + 5 * 3 + 3


def test_depth_zero_is_linear():
    network = mlp.build(3, (1, 2, 2), depth=0)
    a, b = torch.rand(2, 1, 2, 2), torch.rand(2, 1, 2, 2)
    torch.testing.assert_close(network((a + b) / 2), (network(a) + network(b)) / 2)


@pytest.mark.parametrize("options", [{"width": 0}, {"depth": -1}, {"activation": "gelu"}])
def test_impossible_sizes_are_refused(options):
    with pytest.raises(InputError, match="mlp"):
        mlp.build(3, (1, 2, 2), **options)


def test_tanh_instead_of_relu():
    network = mlp.build(3, (1, 2, 2), width=5, depth=2, activation="tanh")
    images = torch.rand(4, 1, 2, 2)
    linear = [m for m in network if isinstance(m, nn.Linear)]
    expected = linear[2](torch.tanh(linear[1](torch.tanh(linear[0](images.flatten(1))))))
    torch.testing.assert_close(network(images), expected)
