"""Residual networks (He et al. 2016): the paper's ResNet32, ResNet18 and ResNet50 (Table 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from hembench.core.errors import InputError
from hembench.core.vision import import_torchvision
from hembench.networks._channels import require_rgb

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge


def build(
    num_classes: int,
    image_shape: tuple[int, int, int],
    *,
    depth: Literal[18, 32, 50] = 18,
    width: Annotated[int, Ge(1)] | None = None,
) -> nn.Module:
    """Return a residual network of one of three kinds; trainable parameters as the paper counts them.

    - 32: for CIFAR10, 464,154 parameters: 3x3 stem, three stages of five basic blocks with 16, 32 and 64 masks,
      shortcuts without parameters (option A of He et al.), Kaiming-normal weights.
    - 18: for CIFAR100 and TinyImageNet, 11,220,132 and 11,271,432 parameters (the paper prints 11,173,962 twice,
      the count for 10 classes): 3x3 stem without pooling, four stages of two basic blocks with 64 to 512 masks,
      1x1 convolutions in the shortcuts, torch's default weights. With width 20 it is the SlimResNet18 of
      continual learning's scripts (Lopez-Paz & Ranzato 2017): 1,094,750 parameters with 10 outputs.
    - 50: torchvision's, for ImageNet, 25,557,032 parameters.

    Depths 18 and 32 end in a global average, so images may have any size (a fixed 4x4 pooling raises at 64x64).

    Args:
        num_classes: outputs.
        image_shape: (C, H, W) of the float images in [0, 1] that it takes; it returns logits (N, num_classes).
        depth: layers with weights, as the paper counts them.
        width: of depth 18: masks of its first stage; each of the others has twice as many as the one before.
            None: 64.

    Raises:
        InputError: a width for another depth, or depth 50, and images have not three channels.
    """
    if width is not None and (depth != 18 or width < 1):
        raise InputError(f"resnet: depth={depth}, width={width}: only depth 18 has a width, of at least 1.")
    if depth == 50:
        require_rgb("resnet", image_shape)
        network: nn.Module = import_torchvision().models.resnet50(num_classes=num_classes)
        return network
    if depth == 32:
        network = _ResNet(image_shape[0], num_classes, widths=(16, 32, 64), blocks=5, padded=True)
        network.apply(_kaiming_normal)
        return network
    first = width or 64
    widths = (first, 2 * first, 4 * first, 8 * first)
    return _ResNet(image_shape[0], num_classes, widths=widths, blocks=2, padded=False)


class _ResNet(nn.Module):
    """3x3 stem, stages of basic blocks (all but the first halve the image), global average, linear layer."""

    def __init__(
        self, depth: int, num_classes: int, *, widths: tuple[int, ...], blocks: int, padded: bool
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(depth, widths[0], 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(widths[0])
        stages: list[nn.Module] = []
        before = widths[0]
        for stage, width in enumerate(widths):
            for block in range(blocks):
                stride = 2 if stage and not block else 1
                stages.append(_BasicBlock(before, width, stride, padded))
                before = width
        self.stages = nn.Sequential(*stages)
        self.classify = nn.Linear(before, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, num_classes) of images (N, C, H, W)."""
        maps: Tensor = self.stages(F.relu(self.norm(self.stem(images))))
        logits: Tensor = self.classify(maps.mean(dim=(2, 3)))
        return logits


class _BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; ``padded``: one without parameters, new masks being zero."""

    def __init__(self, before: int, width: int, stride: int, padded: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != width:
            projected = (nn.Conv2d(before, width, 1, stride=stride, bias=False), nn.BatchNorm2d(width))
            self.shortcut = _Padded(width - before, stride) if padded else nn.Sequential(*projected)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of ``width`` channels, 1/stride as high and wide."""
        changed = F.relu(self.norm1(self.conv1(maps)))
        changed = self.norm2(self.conv2(changed))
        return F.relu(changed + self.shortcut(maps))


class _Padded(nn.Module):
    """Every ``stride``-th position, with channels of zeros before and behind: option A."""

    def __init__(self, added: int, stride: int) -> None:
        super().__init__()
        self.before, self.behind, self.stride = added // 2, added - added // 2, stride

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps with ``added`` more channels."""
        return F.pad(maps[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.before, self.behind))


def _kaiming_normal(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight)
