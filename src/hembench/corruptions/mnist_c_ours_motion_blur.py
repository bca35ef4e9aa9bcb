"""Motion blur of our own making, as in MNIST-C: a one-sided streak in a random direction.

The published generator has ImageMagick's motion blur with radius 10 and sigma 3: weights exp(-i^2 / 2 sigma^2) at
whole pixels i along the direction, the border repeating. The same is done here; how places between pixels are
rounded may differ.
"""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, checked

SEVERITIES = (1,)

RADIUS = 10
"""The streak is 2 * RADIUS + 1 pixels long; its end is faint."""

SIGMA = 3.0
"""Pixels: how fast it fades."""

LARGEST = 45.0
"""Degrees from the horizontal, up or down."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Mix each pixel with those that lie in one direction from it; all channels alike.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    clean = checked("mnist_c_ours_motion_blur", images, severity)
    count, _, height, width = clean.shape
    angles = np.deg2rad(rng.uniform(-LARGEST, LARGEST, size=count))
    steps = np.arange(2 * RADIUS + 1)
    weights = np.exp(-(steps**2) / (2 * SIGMA**2))
    weights /= weights.sum()
    of_image = np.arange(count)[:, np.newaxis, np.newaxis]
    blurred = np.zeros((count, height, width, clean.shape[1]))
    last = np.moveaxis(clean, 1, 3)
    for step, weight in zip(steps, weights, strict=True):
        down = np.rint(step * np.sin(angles)).astype(np.int64)[:, np.newaxis, np.newaxis]
        right = np.rint(step * np.cos(angles)).astype(np.int64)[:, np.newaxis, np.newaxis]
        rows = (np.arange(height)[:, np.newaxis] + down).clip(0, height - 1)
        columns = (np.arange(width) + right).clip(0, width - 1)
        blurred += weight * last[of_image, rows, columns]
    return as_bytes(np.moveaxis(blurred, 3, 1))
