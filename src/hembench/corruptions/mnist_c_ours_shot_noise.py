"""Shot noise of our own making, as in MNIST-C: each pixel counts photons."""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, checked

SEVERITIES = (1,)

PHOTONS = 3
"""Expected count of a white pixel."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Draw every pixel and channel from a Poisson distribution with its own brightness.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    clean = checked("mnist_c_ours_shot_noise", images, severity)
    return as_bytes(rng.poisson(clean * PHOTONS) / PHOTONS)
