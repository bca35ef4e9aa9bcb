from __future__ import annotations

import numpy as np

from hembench.ood.phase import generate


def _soft(count: int) -> np.ndarray:
    """Return images of low contrast around grey, which no phase drives out of range."""
    return np.random.default_rng(2).integers(122, 134, (count, 3, 16, 15), dtype=np.uint8)


def test_the_amplitudes_stay():
    images = _soft(5)
    made = generate(images, 5, np.random.default_rng(0))
    before, after = (np.abs(np.fft.rfft2(x / 255.0)) for x in (images, made))
    rounding = 0.5 / 255 * 16 * 15 / 4  # far above what rounding to 256 values adds, far below the amplitudes
    assert np.abs(before - after).max() < rounding
    assert np.abs(before - np.roll(before, 1, axis=0)).max() > 0.1


def test_the_mean_stays_and_the_image_does_not():
    images = _soft(5)
    made = generate(images, 5, np.random.default_rng(0))
    np.testing.assert_allclose(made.mean(axis=(2, 3)), images.mean(axis=(2, 3)), atol=0.5)
    correlation = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(made, images, strict=True)]
    assert np.abs(correlation).max() < 0.5


def test_channels_share_their_phases():
    grey = np.repeat(_soft(2)[:, :1], 3, axis=1)
    made = generate(grey, 2, np.random.default_rng(0))
    np.testing.assert_array_equal(made[:, 0], made[:, 1])
    np.testing.assert_array_equal(made[:, 0], made[:, 2])
