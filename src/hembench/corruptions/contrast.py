"""Lowered contrast of our own making, in the spirit of Hendrycks & Dietterich 2019: not a published -C file."""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, as_fractions, strength

SEVERITIES = (1, 2, 3, 4, 5)

KEPT = {1: 0.75, 2: 0.5, 3: 0.4, 4: 0.3, 5: 0.15}
"""Share of the contrast that is kept, by severity (their CIFAR-10-C values)."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Draw every pixel towards the mean of its image and channel.

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
    kept = strength("contrast", KEPT, severity)
    clean = as_fractions(images)
    mean = clean.mean(axis=(2, 3), keepdims=True)
    return as_bytes(mean + kept * (clean - mean))
