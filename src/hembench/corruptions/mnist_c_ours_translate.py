"""Shifted images of our own making, as in MNIST-C: along both axes, in one of four directions."""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import checked

SEVERITIES = (1,)

PIXELS = 3
"""Up or down, and left or right."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Shift each image along both axes; black comes in.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    checked("mnist_c_ours_translate", images, severity)
    height, width = images.shape[2:]
    padded = np.pad(images, ((0, 0), (0, 0), (PIXELS, PIXELS), (PIXELS, PIXELS)))
    tops, lefts = rng.choice([0, 2 * PIXELS], size=(2, len(images)))
    shifted = np.empty_like(images)
    for target, image, top, left in zip(shifted, padded, tops, lefts, strict=True):
        target[:] = image[:, top : top + height, left : left + width]
    return shifted
