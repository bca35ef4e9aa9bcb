"""The paper's ConvNet for MNIST (Table 2): five 3x3 convolutions, the last with one mask per class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from hembench.core.errors import InputError

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge, Le

HIDDEN = 4
"""Convolutions before the last one."""


def build(
    num_classes: int,
    image_shape: tuple[int, int, int],
    *,
    channels: Annotated[int, Ge(1)] = 32,
    pooled: Annotated[int, Ge(0), Le(4)] = 3,
) -> nn.Module:
    """Return a convolutional network with bias, ReLU between, and a global average at its end.

    30,954 parameters with one input channel and 10 classes, as the paper counts: C-32, 32-32, 32-32, 32-32,
    32-10, no batch normalisation, no fully connected layer. Padding 1 and the places of pooling are our guess
    (docs/decisions.md). Initial weights are torch's default.

    Args:
        num_classes: outputs.
        image_shape: (C, H, W) of the float images in [0, 1] that it takes; it returns logits (N, num_classes).
        channels: masks of the first four convolutions.
        pooled: so many convolutions, the first ones, are followed by 2x2 average pooling; the paper says that
            there is pooling, not where.

    Raises:
        InputError: images too small for ``pooled``, ``channels`` below 1, or ``pooled`` outside [0, 4].
    """
    depth, height, width = image_shape
    if not 0 <= pooled <= HIDDEN:
        raise InputError(
            f"convnet: pooled={pooled}: expected 0 to {HIDDEN}, so many of its convolutions come first."
        )
    smallest = 2**pooled
    if min(height, width) < smallest:
        raise InputError(
            f"convnet: images of {height}x{width} pixels are too small: it halves them {pooled} times and needs "
            f"at least {smallest}x{smallest}. Use fewer (option `pooled`), or the network 'mlp'."
        )
    if channels < 1:
        raise InputError(f"convnet: channels={channels}: expected at least 1.")
    layers: list[nn.Module] = []
    for number in range(HIDDEN):
        layers += [nn.Conv2d(channels if number else depth, channels, 3, padding=1), nn.ReLU()]
        if number < pooled:
            layers.append(nn.AvgPool2d(2))
    layers.append(nn.Conv2d(channels, num_classes, 3, padding=1))
    return nn.Sequential(*layers, _GlobalAverage())


class _GlobalAverage(nn.Module):
    """Average over all positions. A plain mean: its gradient has a deterministic kernel on every device."""

    def forward(self, maps: Tensor) -> Tensor:
        """Return the mean of maps (N, C, H, W) over H and W: (N, C)."""
        return maps.mean(dim=(2, 3))
