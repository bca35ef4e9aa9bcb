"""White strokes across an image: one row for each column, brightest on it and fading away from it."""

from __future__ import annotations

import numpy as np

REACH = 2.3
"""Pixels, up and down, at which a stroke would end; its brightness 1 + ln(1 - d / REACH) is 0 at d of 1.45."""


def drawn(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the images with a stroke added to all channels, clipped to 1.

    Args:
        images: float64 (N, C, H, W) in [0, 1].
        rows: float64 (N, W): where the stroke crosses each column; it may leave the image.
        columns: bool (W,): the columns that it is drawn in.

    Returns:
        float64 (N, C, H, W).
    """
    height = images.shape[2]
    distance = np.abs(np.arange(height)[np.newaxis, :, np.newaxis] - rows[:, np.newaxis, :])
    brightness = 1 + np.log1p(-np.minimum(distance, REACH * 0.99) / REACH)
    stroke = brightness.clip(0, 1) * columns
    added: np.ndarray = (images + stroke[:, np.newaxis]).clip(0, 1)
    return added
