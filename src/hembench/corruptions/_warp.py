"""Linear warps of images about their centre: black comes in from outside."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import affine_transform


def signs(count: int, rng: np.random.Generator) -> np.ndarray:
    """Return -1 or 1 for each of ``count`` images, float64 (count,)."""
    return rng.choice(np.array([-1.0, 1.0]), size=count)


def about_centre(images: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Return each image as seen through its matrix, bilinearly interpolated; channels together.

    Args:
        images: float64 (N, C, H, W).
        matrices: float64 (N, 2, 2): image n shows at the offset p (row, column) from its centre what was at
            ``matrices[n] @ p``.

    Returns:
        float64 of the same shape.
    """
    centre = (np.array(images.shape[2:]) - 1) / 2
    warped = np.empty_like(images)
    for image, matrix, target in zip(images, matrices, warped, strict=True):
        offset = centre - matrix @ centre
        for channel, made in zip(image, target, strict=True):
            affine_transform(channel, matrix, offset, output=made, order=1, mode="grid-constant", cval=0.0)
    return warped
