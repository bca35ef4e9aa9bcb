"""Permuted: test images with their pixels in random order (the paper's set 3 of the made ones)."""

from __future__ import annotations

import numpy as np

from hembench.ood._source import check, chosen

AT_ONCE = 256
"""Images permuted together: bounds the memory; the images do not depend on it."""


def generate(test_images: np.ndarray, count: int, rng: np.random.Generator, *, fresh: bool = True) -> np.ndarray:
    """Return test images with all pixel positions permuted, channels together, so that colours stay whole.

    Args:
        test_images: uint8 (N, C, H, W). Fewer wanted than there are: a random subset; more: they come again,
            with another permutation where ``fresh``.
        count: how many images to make.
        rng: the only source of randomness.
        fresh: a permutation for each image (the paper doesn't say); else the same one for all.

    Returns:
        uint8 (count, C, H, W).

    Raises:
        InputError: wrong images or count.
    """
    check(test_images, count)
    indices = chosen(test_images, count, rng)
    channels, height, width = test_images.shape[1:]
    positions = np.arange(height * width)
    if not fresh:
        positions = rng.permutation(positions)
    images = np.empty((count, channels, height * width), dtype=np.uint8)
    for start in range(0, count, AT_ONCE):
        source = test_images[indices[start : start + AT_ONCE]].reshape(-1, channels, height * width)
        orders = np.tile(positions, (len(source), 1))
        if fresh:
            orders = rng.permuted(orders, axis=1)
        images[start : start + AT_ONCE] = np.take_along_axis(source, orders[:, None, :], axis=2)
    return images.reshape(count, channels, height, width)
