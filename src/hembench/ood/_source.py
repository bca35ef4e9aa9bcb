"""Which test images a made OOD set starts from."""

from __future__ import annotations

import numpy as np

from hembench.core.errors import InputError


def check(test_images: np.ndarray, count: int) -> None:
    """Refuse what no set can be made of.

    Raises:
        InputError: images are not uint8 (N, C, H, W) with at least one, or ``count`` is below 1.
    """
    if test_images.dtype != np.uint8 or test_images.ndim != 4 or not len(test_images):
        raise InputError(
            f"test images: expected uint8 (N, C, H, W), at least one, got {test_images.dtype} {test_images.shape}."
        )
    if count < 1:
        raise InputError(f"count={count}: expected at least one image.")


def chosen(test_images: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return the indices (count,) of the test images to start from.

    Fewer than there are: a random subset, in file order. All or more: one after the other, again from the first.
    """
    available = len(test_images)
    if count < available:
        return np.sort(rng.choice(available, count, replace=False))
    return np.arange(count) % available
