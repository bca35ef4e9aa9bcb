"""Phase: test images whose Fourier phases are random (the paper's set 4 of the made ones).

The amplitudes, and with them contrast and grain, stay those of a real image; what it shows is lost.
"""

from __future__ import annotations

import numpy as np

from hembench.ood._source import check, chosen

AT_ONCE = 256
"""Images made together: bounds the memory; the images do not depend on it."""


def generate(test_images: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return test images with random phases.

    The phases are those of an image of uniform noise, fresh for each image, so that they have the symmetry which
    makes the result real; the same for all channels, which keeps colours together. The mean brightness keeps
    its phase. Values outside the range are clipped. The paper states none of these (docs/decisions.md).

    Args:
        test_images: uint8 (N, C, H, W). Fewer wanted than there are: a random subset; more: they come again,
            with other phases.
        count: how many images to make.
        rng: the only source of randomness.

    Returns:
        uint8 (count, C, H, W).

    Raises:
        InputError: wrong images or count.
    """
    check(test_images, count)
    indices = chosen(test_images, count, rng)
    height, width = test_images.shape[2:]
    images = np.empty((count, *test_images.shape[1:]), dtype=np.uint8)
    for start in range(0, count, AT_ONCE):
        source = test_images[indices[start : start + AT_ONCE]] / 255.0
        noise = rng.random((len(source), 1, height, width))
        phases = np.angle(np.fft.rfft2(noise))
        phases[..., 0, 0] = 0  # the amplitude there is the mean brightness, which is positive
        spectrum = np.abs(np.fft.rfft2(source)) * np.exp(1j * phases)
        made = np.fft.irfft2(spectrum, s=(height, width))
        images[start : start + AT_ONCE] = np.rint(made.clip(0, 1) * 255)
    return images
