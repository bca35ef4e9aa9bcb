"""Glass blur of our own making, as in MNIST-C: blur, neighbours swapped at random, blur.

As in the published generator, pixels are visited from the lower right, and one that is swapped trades places with
one at most one pixel above or to the left; and both blurs go up and down only, which is what that generator's call
(``multichannel=True`` on an image without a channel axis) does. Unlike there, the blurred image is not rounded to
bytes in between.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from hembench.corruptions._severity import as_bytes, checked

SEVERITIES = (1,)

SIGMA = 0.7
"""Pixels: of both blurs, up and down."""

REACH = 1
"""Pixels: how far a swap reaches."""

ROUNDS = 2
"""How often every pixel is visited."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Blur, shuffle and blur each image; all channels alike.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    clean = checked("mnist_c_ours_glass_blur", images, severity)
    count, _, height, width = clean.shape
    shuffled = gaussian_filter(clean, sigma=(0, 0, SIGMA, 0), mode="nearest")
    places = [
        (row, column) for row in range(height - REACH, REACH, -1) for column in range(width - REACH, REACH, -1)
    ]
    every = np.arange(count)
    for row, column in places * ROUNDS:
        chosen = every[rng.random(count) < 0.5]
        down, right = rng.integers(-REACH, REACH, size=(2, len(chosen)))
        mine = shuffled[chosen, :, row, column]
        shuffled[chosen, :, row, column] = shuffled[chosen, :, row + down, column + right]
        shuffled[chosen, :, row + down, column + right] = mine
    return as_bytes(gaussian_filter(shuffled, sigma=(0, 0, SIGMA, 0), mode="nearest"))
