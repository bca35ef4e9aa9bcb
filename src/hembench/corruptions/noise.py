"""Gaussian noise of our own making, in the spirit of Hendrycks & Dietterich 2019: not a published -C file."""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, as_fractions, strength

SEVERITIES = (1, 2, 3, 4, 5)

SIGMA = {1: 0.08, 2: 0.12, 3: 0.18, 4: 0.26, 5: 0.38}
"""Standard deviation by severity, pixel values in [0, 1] (their ImageNet-C values)."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Add independent normal noise to every pixel and channel.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1 to 5.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    sigma = strength("noise", SIGMA, severity)
    clean = as_fractions(images)
    return as_bytes(clean + sigma * rng.standard_normal(clean.shape))
