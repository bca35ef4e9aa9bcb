from __future__ import annotations

import pytest
import torch

from hembench.core.errors import InputError
from hembench.networks import fpn

COUNTS = {
    "resnet34": (21_284_672, 1_872_011, {11: 23_156_683, 12: 23_156_812, 19: 23_157_715, 21: 23_157_973}),
    "efficientnet-b4": (17_548_616, 1_804_427, {11: 19_353_043, 12: 19_353_172, 19: 19_354_075, 21: 19_354_333}),
    "densenet201": (18_092_928, 2_773_131, {11: 20_866_059, 12: 20_866_188, 19: 20_867_091, 21: 20_867_349}),
    "resnext50_32x4d": (22_979_904, 2_609_291, {11: 25_589_195, 12: 25_589_324, 19: 25_590_227, 21: 25_590_485}),
}
"""Parameters of the encoder, of the rest with 11 classes, and of all by number of classes."""

SHAPE = (3, 64, 96)


def _count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("encoder", COUNTS)
def test_parameters_of_the_parts(encoder):
    of_encoder, of_rest, of_all = COUNTS[encoder]
    for classes, expected in of_all.items():
        with torch.device("meta"):
            network = fpn.build(classes, SHAPE, encoder=encoder)
        assert _count(network) == expected
        assert _count(network.get_submodule("encoder")) == of_encoder
        assert _count(network) - of_encoder == of_rest + 129 * (classes - 11)


def test_logits_for_each_pixel_and_gradients_everywhere():
    network = fpn.build(5, SHAPE).train()
    logits = network(torch.rand(2, *SHAPE))
    assert logits.shape == (2, 5, 64, 96)
    logits.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert network.eval()(torch.rand(1, 3, 32, 64)).shape == (1, 5, 32, 64)


def test_weights_follow_the_generator_and_nothing_is_fetched(monkeypatch):
    import socket

    def refused(*_, **__):
        raise AssertionError("a network was built from the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    built = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        built.append(torch.cat([parameter.detach().ravel() for parameter in fpn.build(3, SHAPE).parameters()]))
    assert torch.equal(built[0], built[1])
    assert not torch.equal(built[0], built[2])


@pytest.mark.parametrize("shape", [(3, 360, 480), (3, 64, 70)])
def test_sides_are_multiples_of_32(shape):
    with pytest.raises(InputError, match="sides that are multiples of 32"):
        fpn.build(11, shape)


def test_three_channels():
    with pytest.raises(InputError, match="1 channels: it takes three"):
        fpn.build(11, (1, 64, 64))
