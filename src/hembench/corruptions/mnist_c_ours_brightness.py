"""Raised brightness of our own making, as in MNIST-C: the value of hue, saturation, value.

For one channel that is the grey value itself. Unlike the published generator, colours stay colours.
"""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, checked

SEVERITIES = (1,)

RAISED = 0.5
"""What is added to the value; the sum is cut at 1."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Raise each pixel's largest channel, the others in proportion; black becomes grey.

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
    clean = checked("mnist_c_ours_brightness", images, severity)
    value = clean.max(axis=1, keepdims=True)
    raised = (value + RAISED).clip(0, 1)
    shares = np.divide(clean, value, out=np.ones_like(clean), where=value > 0)
    return as_bytes(shares * raised)
