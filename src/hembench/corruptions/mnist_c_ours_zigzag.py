"""A zigzag line across the image, of our own making, as in MNIST-C.

The published generator turns a level zigzag by the slope of its base line (at most 12 degrees) and draws it piece
by piece, which thickens the turns; here its deviation is added to the sloping base line, up and down.
"""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, checked
from hembench.corruptions._stroke import drawn

SEVERITIES = (1,)

SIDE = 2
"""Columns left free at each side."""

AMPLITUDE = 2
"""Pixels from the base line to a turn."""

PERIOD = 8
"""Pixels from one upper turn to the next."""

SLOPE = 5
"""The base line ends at most so many pixels above, and one less below, its start."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Add a zigzag from left to right, starting on a random row.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    clean = checked("mnist_c_ours_zigzag", images, severity)
    height, width = clean.shape[2:]
    starts = rng.integers(0, height, size=(len(clean), 1))
    rises = rng.integers(-SLOPE, SLOPE, size=(len(clean), 1))
    columns = np.arange(width) - SIDE
    last = max(width - 1 - 2 * SIDE, 1)
    deviation = AMPLITUDE * np.arcsin(np.sin(2 * np.pi * columns / PERIOD)) * 2 / np.pi
    rows = starts + rises * columns / last + deviation
    return as_bytes(drawn(clean, rows, (columns >= 0) & (columns <= last)))
