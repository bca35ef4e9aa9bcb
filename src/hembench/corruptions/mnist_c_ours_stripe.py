"""Stripes of our own making, as in MNIST-C: the left and the right quarter are inverted."""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import checked

SEVERITIES = (1,)

PART = 4
"""One of so many parts of the width, on each side."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Turn black to white and white to black at both sides.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: not used, nothing is random here.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    del rng
    checked("mnist_c_ours_stripe", images, severity)
    width = images.shape[3]
    inverted = images.copy()
    for side in (slice(0, width // PART), slice(width - width // PART, width)):
        inverted[..., side] = 255 - inverted[..., side]
    return inverted
