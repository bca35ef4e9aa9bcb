"""Pre-activation residual network (He et al. 2016, "Identity mappings"): the paper's PARN18 (Table 2)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

WIDTHS = (64, 128, 256, 512)
"""Masks of the four stages."""

BLOCKS = 2
"""Blocks of a stage."""


def build(num_classes: int, image_shape: tuple[int, int, int]) -> nn.Module:
    """Return the network of 18 layers: 11,218,340 parameters with 100 classes, as the paper counts.

    3x3 stem without pooling, four stages of two blocks (all but the first halve the image), 1x1 convolutions
    without normalisation in the shortcuts, one more normalisation before the global average, torch's default
    weights.

    Args:
        num_classes: outputs.
        image_shape: (C, H, W) of the float images in [0, 1] that it takes; it returns logits (N, num_classes).
    """
    return _PreActResNet(image_shape[0], num_classes)


class _PreActResNet(nn.Module):
    def __init__(self, depth: int, num_classes: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(depth, WIDTHS[0], 3, padding=1, bias=False)
        stages: list[nn.Module] = []
        before = WIDTHS[0]
        for stage, width in enumerate(WIDTHS):
            for block in range(BLOCKS):
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
    """Normalise, ReLU, convolve, twice; where the shape changes, the shortcut takes the activated maps."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(before)
        self.conv1 = nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        changes = stride != 1 or before != width
        self.shortcut = nn.Conv2d(before, width, 1, stride=stride, bias=False) if changes else None

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of ``width`` channels, 1/stride as high and wide."""
        active = F.relu(self.norm1(maps))
        changed: Tensor = self.conv2(F.relu(self.norm2(self.conv1(active))))
        return changed + (maps if self.shortcut is None else self.shortcut(active))
