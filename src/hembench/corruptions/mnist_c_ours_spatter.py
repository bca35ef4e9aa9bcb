"""Spatters of mud of our own making, as in MNIST-C."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from hembench.corruptions._severity import as_bytes, checked

SEVERITIES = (1,)

MEAN, DEVIATION = 0.65, 0.3
"""Of the normal noise that patches are made of."""

FINE, COARSE = 1.0, 1.5
"""Pixels: the noise is blurred, cut at its mean, and blurred again."""

KEPT = 0.8
"""Patches fainter than this are dropped."""

MUD = 63 / 255
"""Grey value of the mud."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Cover parts of each image with dark grey patches, the same for all channels.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    clean = checked("mnist_c_ours_spatter", images, severity)
    count, _, height, width = clean.shape
    noise = rng.normal(MEAN, DEVIATION, size=(count, height, width))
    patches = gaussian_filter(noise, sigma=(0, FINE, FINE), mode="nearest") > MEAN
    mud = gaussian_filter(patches.astype(np.float64), sigma=(0, COARSE, COARSE), mode="nearest")
    mud[mud < KEPT] = 0
    covered = mud[:, np.newaxis]
    return as_bytes(clean * (1 - covered) + MUD * covered)
