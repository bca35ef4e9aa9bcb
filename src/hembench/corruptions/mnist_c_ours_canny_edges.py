"""Edges instead of images, of our own making, as in MNIST-C: white where Canny (1986) finds an edge, else black.

The published generator takes scikit-image's detector with its defaults (sigma 1, thresholds 0.1 and 0.2 on the raw
Sobel magnitude); this is an implementation of our own with the same steps. Smoothing pads with black here, and the
outermost pixels are no edges in both.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import correlate1d, gaussian_filter, label

from hembench.corruptions._severity import checked

SEVERITIES = (1,)

SIGMA = 1.0
"""Pixels: of the blur before gradients are taken."""

LOW, HIGH = 0.1, 0.2
"""An edge holds one pixel at least of the higher gradient, and goes on through pixels of the lower one."""

AT_ONCE = 1000
"""Images that are worked on together: bounds the memory."""


def corrupt(images: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Replace each image by its edges, each channel by itself.

    Args:
        images: uint8 (N, C, H, W).
        severity: 1.
        rng: not used, nothing is random here.

    Returns:
        uint8 of the same shape: 0 and 255.

    Raises:
        InputError: no such severity, or wrong images.
    """
    del rng
    clean = checked("mnist_c_ours_canny_edges", images, severity)
    channels = clean.reshape(-1, *clean.shape[2:])
    found = np.empty(channels.shape, dtype=np.uint8)
    for start in range(0, len(channels), AT_ONCE):
        found[start : start + AT_ONCE] = _edges(channels[start : start + AT_ONCE]) * np.uint8(255)
    return found.reshape(images.shape)


def _edges(images: np.ndarray) -> np.ndarray:
    """Return bool (N, H, W) of float64 (N, H, W)."""
    smooth = gaussian_filter(images, sigma=(0, SIGMA, SIGMA), mode="constant")
    down, right = _slope(smooth, 1, 2), _slope(smooth, 2, 1)
    magnitude = np.hypot(down, right)
    thin = _is_ridge(magnitude, down, right) & (magnitude >= LOW)
    thin[:, [0, -1]] = thin[:, :, [0, -1]] = False
    neighbours = np.zeros((3, 3, 3), dtype=bool)
    neighbours[1] = True  # the eight around a pixel, none in another image
    pieces, count = label(thin, structure=neighbours)
    strong = np.zeros(count + 1, dtype=bool)
    strong[np.unique(pieces[thin & (magnitude >= HIGH)])] = True
    kept: np.ndarray = strong[pieces]
    return kept


def _slope(images: np.ndarray, along: int, across: int) -> np.ndarray:
    """Return Sobel's derivative along one axis, float64 (N, H, W); scipy's own would also mix the images."""
    smooth: np.ndarray = correlate1d(images, np.array([1.0, 2.0, 1.0]), axis=across, mode="reflect")
    slope: np.ndarray = correlate1d(smooth, np.array([-1.0, 0.0, 1.0]), axis=along, mode="reflect")
    return slope


def _is_ridge(magnitude: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return where the magnitude is not smaller than a step along the gradient or against it: bool (N, H, W).

    A step ends between two of the eight neighbours; the magnitude there is interpolated.
    """
    padded = np.pad(magnitude, ((0, 0), (1, 1), (1, 1)))
    number, row, column = np.ogrid[tuple(slice(size) for size in magnitude.shape)]
    steep = np.abs(down) > np.abs(right)
    larger = np.where(steep, np.abs(down), np.abs(right))
    smaller = np.where(steep, np.abs(right), np.abs(down))
    share = np.divide(smaller, larger, out=np.zeros_like(smaller), where=larger > 0)
    dy, dx = np.sign(down).astype(np.int64), np.sign(right).astype(np.int64)
    straight_dy, straight_dx = np.where(steep, dy, 0), np.where(steep, 0, dx)
    ridge = np.ones(magnitude.shape, dtype=bool)
    for way in (1, -1):
        straight = padded[number, row + 1 + way * straight_dy, column + 1 + way * straight_dx]
        diagonal = padded[number, row + 1 + way * dy, column + 1 + way * dx]
        ridge &= magnitude >= (1 - share) * straight + share * diagonal
    return ridge
