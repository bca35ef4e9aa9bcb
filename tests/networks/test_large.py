"""What the networks of CIFAR and ImageNet size are made of, beyond the contract."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from hembench.core.errors import InputError
from hembench.core.vision import import_torchvision
from hembench.networks import inception, mobilenet_v3, preact_resnet, resnet, swin_v2, vit, wide_resnet


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def of_size(network: nn.Module, side: int) -> torch.Size:
    with torch.no_grad():
        logits: torch.Tensor = network.eval()(torch.rand(2, 3, side, side))
    return logits.shape


@pytest.mark.parametrize(
    ("depth", "classes", "unused", "printed"),
    [(22, 10, 1_179_232, 27_977_146), (28, 200, 1_640_672, 38_241_656)],
)
def test_the_paper_counts_an_unused_copy_of_the_first_stage(
    depth: int, classes: int, unused: int, printed: int
) -> None:
    blocks = (depth - 4) // 6
    with torch.device("meta"):
        network = wide_resnet.build(classes, (3, 32, 32), depth=depth)
    stages = network.get_submodule("stages")
    assert isinstance(stages, nn.Sequential)
    # in the copy too, the first block starts from the stem's 16 masks
    assert sum(parameters(stages[number]) for number in range(blocks)) == unused
    assert parameters(network) + unused == printed


def test_the_paper_counts_the_two_convolutions_that_its_inception_skips() -> None:
    with torch.device("meta"):
        network = inception.build(200, (3, 64, 64))
        models = import_torchvision().models
        whole = models.inception_v3(num_classes=200, aux_logits=True, init_weights=False)
    skipped = parameters(whole.Conv2d_3b_1x1) + parameters(whole.Conv2d_4a_3x3)
    assert skipped == 143_904
    assert parameters(network) + skipped == 23_995_504


def test_inception_takes_images_of_tiny_imagenet_alone() -> None:
    with pytest.raises(InputError, match=r"\[3, 32, 32\]: it takes \[3, 64, 64\]"):
        inception.build(10, (3, 32, 32))


def test_inception_draws_weights_as_torchvision_does() -> None:
    network = inception.build(200, (3, 64, 64))
    assert network.get_parameter("fc.weight").detach().std() == pytest.approx(0.1, rel=0.05)
    assert network.get_parameter("Mixed_5b.branch1x1.conv.weight").detach().std() == pytest.approx(0.1, rel=0.05)
    assert network.get_parameter("AuxLogits.fc.weight").detach().std() == pytest.approx(0.001, rel=0.05)


def test_the_paper_prints_the_count_of_ten_classes_for_resnet18() -> None:
    with torch.device("meta"):
        assert parameters(resnet.build(10, (3, 32, 32), depth=18)) == 11_173_962


@pytest.mark.parametrize("side", [32, 64])
def test_images_of_any_size_give_one_row_each(side: int) -> None:
    for network in (
        resnet.build(7, (3, side, side), depth=32),
        wide_resnet.build(7, (3, side, side), depth=10, widen=1),
    ):
        assert of_size(network, side) == (2, 7)


def test_a_shortcut_without_parameters_keeps_what_is_there_between_zeros() -> None:
    network = resnet.build(10, (3, 32, 32), depth=32)
    shortcut = network.get_submodule("stages")[5].shortcut  # type: ignore[index]
    maps = torch.rand(2, 16, 8, 8)
    out = shortcut(maps)
    assert out.shape == (2, 32, 4, 4)
    assert torch.equal(out[:, 8:24], maps[:, :, ::2, ::2])
    assert not out[:, :8].any()
    assert not out[:, 24:].any()


def test_a_shortcut_takes_activated_maps_where_the_shape_changes() -> None:
    first = preact_resnet.build(10, (3, 32, 32)).get_submodule("stages")[2].eval()  # type: ignore[index]
    maps = torch.rand(1, 64, 8, 8) - 2  # all negative: nothing comes through the ReLU
    assert not first(maps).any()


@pytest.mark.parametrize("depth", [4, 9, 23])
def test_depths_that_no_wide_network_has_are_refused(depth: int) -> None:
    with pytest.raises(InputError, match="4 more than a multiple of 6"):
        wide_resnet.build(10, (3, 32, 32), depth=depth)
    with pytest.raises(InputError, match="widen=0"):
        wide_resnet.build(10, (3, 32, 32), widen=0)


@pytest.mark.parametrize("given", [{"depth": 32, "width": 20}, {"depth": 50, "width": 64}, {"width": 0}])
def test_only_depth_18_has_a_width(given: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="only depth 18 has a width, of at least 1"):
        resnet.build(10, (3, 32, 32), **given)


def test_grey_images_are_refused_by_torchvisions_networks() -> None:
    for build in (mobilenet_v3.build, swin_v2.build, vit.build):
        with pytest.raises(InputError, match="1 channels: it takes three"):
            build(10, (1, 32, 32))
    with pytest.raises(InputError, match="it takes three"):
        resnet.build(10, (1, 32, 32), depth=50)


@pytest.mark.parametrize("shape", [(3, 224, 208), (3, 40, 40)])
def test_vit_takes_squares_of_whole_patches(shape: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="a multiple of 16"):
        vit.build(10, shape)
