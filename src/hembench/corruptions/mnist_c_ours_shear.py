"""Sheared images of our own making, as in MNIST-C: to the left or the right, at random.

The published generator's transform, in the library of its time, shears by the sine of the angle and stretches the
height by one over its cosine: so does this one.
"""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, checked
from hembench.corruptions._warp import about_centre, signs

SEVERITIES = (1,)

ANGLE = 0.4
"""Radians."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Shear each image about its centre, one way or the other.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    clean = checked("mnist_c_ours_shear", images, severity)
    matrices = np.zeros((len(clean), 2, 2))
    matrices[:, 0, 0], matrices[:, 1, 1] = np.cos(ANGLE), 1
    matrices[:, 1, 0] = -np.sin(ANGLE) * signs(len(clean), rng)
    return as_bytes(about_centre(clean, matrices))
