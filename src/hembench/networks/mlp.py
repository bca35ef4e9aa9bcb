"""The paper's MLP for MNIST (Table 2): fully connected layers with ReLU between, 784-200-200-200-10."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from torch import nn

from hembench.core.errors import InputError

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge


def build(
    num_classes: int,
    image_shape: tuple[int, int, int],
    *,
    width: Annotated[int, Ge(1)] = 200,
    depth: Annotated[int, Ge(0)] = 3,
    activation: Literal["relu", "tanh"] = "relu",
) -> nn.Module:
    """Return a multi-layer perceptron with torch's default initial weights.

    239,410 parameters at 1x28x28 and 10 classes, as the paper counts.

    Args:
        num_classes: outputs.
        image_shape: (C, H, W) of the float images in [0, 1] that it takes; it returns logits (N, num_classes).
        width: units of each hidden layer.
        depth: number of hidden layers; 0 leaves a linear classifier.
        activation: after each hidden layer.

    Raises:
        InputError: ``width`` below 1, ``depth`` below 0 or an unknown ``activation``.
    """
    if width < 1 or depth < 0:
        raise InputError(
            f"mlp: width={width}, depth={depth}: expected a width of at least 1 and a depth of at least 0."
        )
    if activation not in ("relu", "tanh"):
        raise InputError(f"mlp: activation={activation!r}: expected 'relu' or 'tanh'.")
    sizes = [math.prod(image_shape), *[width] * depth]
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU() if activation == "relu" else nn.Tanh()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], num_classes))
