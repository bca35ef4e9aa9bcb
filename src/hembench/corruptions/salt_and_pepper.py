"""Salt and pepper (impulse) noise of our own making, over a range of levels: not a published -C file."""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, as_fractions, strength

SEVERITIES = (1, 2, 3, 4, 5)

AMOUNT = {1: 0.03, 2: 0.06, 3: 0.09, 4: 0.17, 5: 0.27}
"""Share of values that are lost, half to black and half to white, by severity (ImageNet-C's of impulse noise)."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Set some values, each pixel and channel by itself, to black or white.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1 to 5.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    amount = strength("salt_and_pepper", AMOUNT, severity)
    clean = as_fractions(images)
    draws = rng.random(clean.shape)
    noisy = np.where(draws < amount, 0.0, clean)
    return as_bytes(np.where(draws < amount / 2, 1.0, noisy))
