"""Gaussian blur of our own making, in the spirit of Hendrycks & Dietterich 2019: not a published -C file."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from hembench.corruptions._severity import as_bytes, as_fractions, strength

SEVERITIES = (1, 2, 3, 4, 5)

SIGMA = {1: 0.4, 2: 0.6, 3: 0.7, 4: 0.8, 5: 1.0}
"""Standard deviation in pixels by severity (their CIFAR-10-C values): made for images of 8 to 64 pixels."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Blur every channel; the border repeats.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1 to 5.
        rng: not used, nothing is random here.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    del rng
    sigma = strength("blur", SIGMA, severity)
    return as_bytes(
        gaussian_filter(as_fractions(images), sigma=(0, 0, sigma, sigma), mode="nearest", truncate=4.0)
    )
