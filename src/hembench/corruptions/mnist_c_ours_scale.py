"""Shrunk images of our own making, as in MNIST-C."""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, checked
from hembench.corruptions._warp import about_centre

SEVERITIES = (1,)

SHRUNK = 0.7
"""New size of what an image shows; black comes in around it."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Shrink what each image shows about its centre.

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
    clean = checked("mnist_c_ours_scale", images, severity)
    matrices = np.broadcast_to(np.eye(2) / SHRUNK, (len(clean), 2, 2))
    return as_bytes(about_centre(clean, matrices))
