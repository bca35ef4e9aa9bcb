"""Rotated images of our own making, as in MNIST-C: one way or the other, at random."""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, checked
from hembench.corruptions._warp import about_centre, signs

SEVERITIES = (1,)

ANGLE = 0.4
"""Radians, 23 degrees."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Turn each image about its centre, clockwise or not.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    clean = checked("mnist_c_ours_rotate", images, severity)
    angles = ANGLE * signs(len(clean), rng)
    cosines, sines = np.cos(angles), np.sin(angles)
    matrices = np.stack([np.stack([cosines, sines], 1), np.stack([-sines, cosines], 1)], 1)
    return as_bytes(about_centre(clean, matrices))
