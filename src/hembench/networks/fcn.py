"""A small fully convolutional network for segmentation (after Long et al. 2015), of dilated convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from hembench.core.errors import InputError

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge

DILATIONS = (1, 1, 2, 4)
"""Of the 3x3 convolutions: an output sees 17x17 pixels."""


def build(
    num_classes: int, image_shape: tuple[int, int, int], *, channels: Annotated[int, Ge(1)] = 16
) -> nn.Module:
    """Return a network that a laptop trains in seconds on small pictures; none of the paper's.

    7,510 parameters with three input channels and 6 classes: C-16, 16-16, 16-16 (dilation 2), 16-16 (dilation 4),
    all 3x3 with ReLU, and 16-6 1x1. Nothing is pooled or enlarged, so that every kernel is deterministic, on a GPU
    too. Initial weights are torch's default.

    Args:
        num_classes: outputs for each pixel.
        image_shape: (C, H, W) of the float images in [0, 1] that it takes; it returns logits
            (N, num_classes, H, W), and takes all other sizes, too.
        channels: masks of each convolution but the last.

    Raises:
        InputError: ``channels`` below 1.
    """
    if channels < 1:
        raise InputError(f"fcn: channels={channels}: expected at least 1.")
    layers: list[nn.Module] = []
    for number, dilation in enumerate(DILATIONS):
        depth = channels if number else image_shape[0]
        layers += [nn.Conv2d(depth, channels, 3, padding=dilation, dilation=dilation), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(channels, num_classes, 1))
