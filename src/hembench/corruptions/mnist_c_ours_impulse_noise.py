"""Impulse noise (salt and pepper) of our own making, as in MNIST-C."""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, checked

SEVERITIES = (1,)

AMOUNT = 0.17
"""Share of values that are lost; half of them become black, half white."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Set some values, each pixel and channel by itself, to black or white.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    clean = checked("mnist_c_ours_impulse_noise", images, severity)
    draws = rng.random(clean.shape)
    noisy = np.where(draws < AMOUNT, 0.0, clean)
    return as_bytes(np.where(draws < AMOUNT / 2, 1.0, noisy))
