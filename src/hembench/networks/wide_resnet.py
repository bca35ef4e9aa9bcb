"""Wide residual networks (Zagoruyko and Komodakis 2016): the paper's WRN22-10 and WRN28-10 (Table 2)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor, nn

from hembench.core.errors import InputError

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge


def build(
    num_classes: int,
    image_shape: tuple[int, int, int],
    *,
    depth: Annotated[int, Ge(10)] = 28,
    widen: Annotated[int, Ge(1)] = 10,
) -> nn.Module:
    """Return a wide residual network with pre-activation blocks and no dropout.

    With ``widen`` 10: 26,797,914 trainable parameters at depth 22 and 10 classes, 36,600,984 at depth 28 and 200
    classes. The paper counts 27,977,146 and 38,241,656: its code also holds an unused copy of the first stage
    (1,179,232 and 1,640,672 parameters), which is left out here. Convolutions start normal with variance
    2 / (positions of the kernel * masks), the linear layer's bias at zero. It ends in a global average, so that
    images may have any size (the paper's code pools 8x8 and, at 64x64, turns one image into four rows silently).

    Args:
        num_classes: outputs.
        image_shape: (C, H, W) of the float images in [0, 1] that it takes; it returns logits (N, num_classes).
        depth: 4 more than a multiple of 6: three stages of (depth - 4) / 6 blocks.
        widen: factor of the masks 16, 32, 64 of the stages.

    Raises:
        InputError: another depth, or ``widen`` below 1.
    """
    blocks, rest = divmod(depth - 4, 6)
    if blocks < 1 or rest:
        raise InputError(f"wide_resnet: depth={depth}: expected 10, 16, 22, 28, ...: 4 more than a multiple of 6.")
    if widen < 1:
        raise InputError(f"wide_resnet: widen={widen}: expected at least 1.")
    network = _WideResNet(image_shape[0], num_classes, blocks, widen)
    network.apply(_initialise)
    return network


class _WideResNet(nn.Module):
    """3x3 stem, three stages (all but the first halve the image), global average, linear layer."""

    def __init__(self, depth: int, num_classes: int, blocks: int, widen: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(depth, 16, 3, padding=1, bias=False)
        stages: list[nn.Module] = []
        before = 16
        for stage, width in enumerate((16 * widen, 32 * widen, 64 * widen)):
            for block in range(blocks):
                stages.append(_Block(before, width, 2 if stage and not block else 1))
                before = width
        self.stages = nn.Sequential(*stages)
        self.norm = nn.BatchNorm2d(before)
        self.classify = nn.Linear(before, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, num_classes) of images (N, C, H, W)."""
        maps = F.relu(self.norm(self.stages(self.stem(images))))
        logits: Tensor = self.classify(maps.mean(dim=(2, 3)))
        return logits


class _Block(nn.Module):
    """Normalise, ReLU, convolve, twice; where the width changes, the shortcut takes the activated maps."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(before)
        self.conv1 = nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.shortcut = None if before == width else nn.Conv2d(before, width, 1, stride=stride, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of ``width`` channels, 1/stride as high and wide."""
        active = F.relu(self.norm1(maps))
        changed: Tensor = self.conv2(F.relu(self.norm2(self.conv1(active))))
        return changed + (maps if self.shortcut is None else self.shortcut(active))


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        positions = math.prod(module.kernel_size)
        nn.init.normal_(module.weight, 0.0, math.sqrt(2.0 / (positions * module.out_channels)))
    elif isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
