"""A dotted line across the image, of our own making, as in MNIST-C.

Its ends lie on any row, also the last, and it may show in the last column.
"""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, checked
from hembench.corruptions._stroke import drawn

SEVERITIES = (1,)

DOT = 2
"""Columns that a gap is wide, and a dot after it."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Add a line from the left side to the right, at random rows.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    clean = checked("mnist_c_ours_dotted_line", images, severity)
    height, width = clean.shape[2:]
    ends = rng.integers(0, height, size=(len(clean), 2)).astype(np.float64)
    along = np.linspace(0, 1, width)
    rows = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * along
    dots = np.arange(width) // DOT % 2 == 1
    return as_bytes(drawn(clean, rows, dots))
