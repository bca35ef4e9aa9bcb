"""Blobs: blurred binary noise, cut off (the paper's set 1 of the made ones, "as in Hendrycks et al. 2019").

After the outlier-exposure code of that article: each pixel and channel is 1 with probability 0.7, the image is
blurred, and values below 0.75 become 0. The blur runs across the channels too, as in that code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from hembench.core.errors import InputError
from hembench.ood._source import check

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge, Gt, Le

SIDES = (32, 64, 224)
SIGMAS = (1.5, 2.0, 7.0)
"""Blur in pixels by side of the image: the article's code for 32 and 64; 224 is ours, the paper has no value."""

AT_ONCE = 256
"""Images blurred together: bounds the memory; the images do not depend on it."""


def generate(
    test_images: np.ndarray,
    count: int,
    rng: np.random.Generator,
    *,
    probability: Annotated[float, Ge(0), Le(1)] = 0.7,
    cut: Annotated[float, Ge(0), Le(1)] = 0.75,
    sigma: Annotated[float, Gt(0)] | None = None,
) -> np.ndarray:
    """Return images of blobs.

    Args:
        test_images: uint8 (N, C, H, W); only their shape is used.
        count: how many images to make.
        rng: the only source of randomness.
        probability: of a pixel to be 1 before the blur.
        cut: values below it become 0, the others stay.
        sigma: standard deviation of the blur in pixels. None: by the shorter side, 1.5 up to 32 pixels, 2 at 64,
            7 from 224 on, linear between. Not less than 1.5 for smaller images: in proportion it would be 0.4 for
            8x8 digits, which leaves noise of single pixels; with 1.5 most of them hold one to three blobs.

    Returns:
        uint8 (count, C, H, W).

    Raises:
        InputError: wrong images or count, ``probability`` or ``cut`` outside [0, 1], ``sigma`` not positive.
    """
    check(test_images, count)
    if not (0 <= probability <= 1 and 0 <= cut <= 1):
        raise InputError(f"blobs: probability={probability}, cut={cut}: expected both in [0, 1].")
    if sigma is not None and not sigma > 0:
        raise InputError(f"blobs: sigma={sigma}: expected a positive number of pixels.")
    shape = test_images.shape[1:]
    blur = float(np.interp(min(shape[1:]), SIDES, SIGMAS)) if sigma is None else sigma
    images = np.empty((count, *shape), dtype=np.uint8)
    for start in range(0, count, AT_ONCE):
        part = images[start : start + AT_ONCE]
        noise = (rng.random(part.shape) < probability).astype(np.float64)
        blurred = gaussian_filter(noise, sigma=(0, blur, blur, blur), mode="nearest", truncate=4.0)
        part[:] = np.rint(np.where(blurred < cut, 0, blurred).clip(0, 1) * 255)
    return images
