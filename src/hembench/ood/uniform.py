"""Uniform noise: every pixel and channel independent (the paper's set 2 of the made ones)."""

from __future__ import annotations

import numpy as np

from hembench.ood._source import check


def generate(test_images: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return images of uniform noise over all 256 values.

    Args:
        test_images: uint8 (N, C, H, W); only their shape is used.
        count: how many images to make.
        rng: the only source of randomness.

    Returns:
        uint8 (count, C, H, W).

    Raises:
        InputError: wrong images or count.
    """
    check(test_images, count)
    return rng.integers(0, 256, size=(count, *test_images.shape[1:]), dtype=np.uint8)
