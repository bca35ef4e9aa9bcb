"""Fog of our own making, as in MNIST-C: a cloudy map made by midpoint displacement on a grid.

Like the published generator's, the map is 256x256 with wrapped borders, scaled to [0, 1] as a whole, and its upper
left corner is used. Larger images get a larger map.
"""

from __future__ import annotations

import numpy as np

from hembench.corruptions._severity import as_bytes, checked

SEVERITIES = (1,)

THICKNESS = 3.0
"""Brightness of the thickest fog, a white pixel being 1; the sum is scaled back to the image's range."""

DECAY = 1.4**2
"""Displacements shrink by so much from one level of the grid to the next (the generator's 1.4 counts twice)."""

SIZE = 256
"""Rows and columns of the map."""

AT_ONCE = 64
"""Images whose maps are made together: bounds the memory; random numbers come image by image."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Add fog to each image, the same to all its channels.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: the only source of randomness.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: no such severity, or wrong images.
    """
    clean = checked("mnist_c_ours_fog", images, severity)
    height, width = clean.shape[2:]
    brightest = clean.max(axis=(1, 2, 3), keepdims=True)
    foggy = np.empty_like(images)
    for start in range(0, len(clean), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        fog = clouds(len(clean[part]), max(height, width), rng)[:, np.newaxis, :height, :width]
        thick = clean[part] + THICKNESS * fog
        foggy[part] = as_bytes(thick * brightest[part] / (brightest[part] + THICKNESS))
    return foggy


def clouds(count: int, side: int, rng: np.random.Generator) -> np.ndarray:
    """Return maps, float32 (count, S, S) in [0, 1] with S the power of two that holds ``side``, at least ``SIZE``.

    The diamond-square algorithm (Fournier, Fussell & Carpenter 1982) on a torus: from a coarse grid to a fine one,
    each new point is the mean of its four neighbours plus a uniform displacement.
    """
    size = SIZE
    while size < side:
        size *= 2
    noise = rng.random((count, size * size), dtype=np.float32) * 2 - 1
    maps = np.zeros((count, size, size), dtype=np.float32)
    used, step, reach = 1, size, np.float32(1)
    while step > 1:
        half, cells = step // 2, size // step
        parts = noise[:, used : used + 3 * cells * cells].reshape(count, 3, cells, cells) * reach
        corners = maps[:, ::step, ::step]
        beside, below = np.roll(corners, -1, axis=2), np.roll(corners, -1, axis=1)
        middles = (corners + beside + below + np.roll(below, -1, axis=2)) / 4 + parts[:, 0]
        maps[:, half::step, half::step] = middles
        maps[:, ::step, half::step] = (corners + beside + middles + np.roll(middles, 1, axis=1)) / 4 + parts[:, 1]
        maps[:, half::step, ::step] = (corners + below + middles + np.roll(middles, 1, axis=2)) / 4 + parts[:, 2]
        used, step, reach = used + 3 * cells * cells, half, np.float32(reach / DECAY)
    lowest = maps.min(axis=(1, 2), keepdims=True)
    scaled: np.ndarray = (maps - lowest) / (maps.max(axis=(1, 2), keepdims=True) - lowest)
    return scaled
