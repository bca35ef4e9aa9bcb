"""The paper's LeNet for MNIST (Table 2): two 5x5 convolutions, each with max-pooling, and two linear layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from hembench.core.errors import InputError

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge

KERNEL = 5


def build(
    num_classes: int,
    image_shape: tuple[int, int, int],
    *,
    channels: Annotated[int, Ge(1)] = 16,
    hidden: Annotated[int, Ge(1)] = 50,
) -> nn.Module:
    """Return a LeNet with ReLU, 2x2 max-pooling and bias, without padding.

    20,192 parameters with 28x28 grey images and 10 classes: 1-16 5x5, pool, 16-16 5x5, pool, 256-50-10. The paper
    counts 20,194; the two that are missing (batch normalisation of the input, or two learnt slopes of ReLU) are
    unknown and have no practical effect (docs/decisions.md). Initial weights are torch's default.

    Args:
        num_classes: outputs.
        image_shape: (C, H, W) of the float images in [0, 1] that it takes; it returns logits (N, num_classes).
        channels: masks of both convolutions.
        hidden: units of the hidden linear layer.

    Raises:
        InputError: images too small for two unpadded convolutions and poolings (below 16x16), or a width below 1.
    """
    depth, height, width = image_shape
    sides = [((side - KERNEL + 1) // 2 - KERNEL + 1) // 2 for side in (height, width)]
    if min(sides) < 1:
        raise InputError(f"lenet: images of {height}x{width} pixels are too small: it needs at least 16x16.")
    if min(channels, hidden) < 1:
        raise InputError(f"lenet: channels={channels}, hidden={hidden}: expected at least 1.")
    return nn.Sequential(
        nn.Conv2d(depth, channels, KERNEL),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(channels, channels, KERNEL),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(channels * sides[0] * sides[1], hidden),
        nn.ReLU(),
        nn.Linear(hidden, num_classes),
    )
