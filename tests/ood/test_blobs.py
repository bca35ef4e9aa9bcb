from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, label

from hembench.core.errors import InputError
from hembench.ood.blobs import generate


def _like(shape: tuple[int, int, int]) -> np.ndarray:
    return np.zeros((1, *shape), dtype=np.uint8)


@pytest.mark.parametrize(("side", "sigma"), [(8, 1.5), (28, 1.5), (32, 1.5), (64, 2.0), (224, 7.0)])
def test_sigma_follows_the_side(side, sigma):
    made = [generate(_like((1, side, side)), 2, np.random.default_rng(0), sigma=given) for given in (None, sigma)]
    np.testing.assert_array_equal(*made)


def test_one_image_as_the_outlier_exposure_code_makes_it():
    made = generate(_like((3, 32, 32)), 1, np.random.default_rng(5))[0]
    noise = (np.random.default_rng(5).random((3, 32, 32)) < 0.7).astype(float)
    blurred = gaussian_filter(noise.transpose(1, 2, 0), sigma=1.5, mode="nearest")  # H, W, C, all three axes
    blurred[blurred < 0.75] = 0
    np.testing.assert_array_equal(made, np.rint(blurred.transpose(2, 0, 1) * 255))


def test_values_are_zero_or_above_the_cut():
    images = generate(_like((1, 32, 32)), 20, np.random.default_rng(0))
    assert ((images == 0) | (images >= round(0.75 * 255))).all()
    assert 0.1 < (images > 0).mean() < 0.5


def test_an_8x8_image_holds_few_blobs():
    images = generate(_like((1, 8, 8)), 200, np.random.default_rng(0))
    counts = np.array([label(image[0] > 0)[1] for image in images])
    assert np.isin(counts, (1, 2, 3)).mean() > 0.85


@pytest.mark.parametrize("options", [{"probability": 1.5}, {"cut": -0.1}, {"sigma": 0.0}, {"sigma": float("nan")}])
def test_wrong_options_are_refused(options):
    with pytest.raises(InputError, match="blobs"):
        generate(_like((1, 8, 8)), 1, np.random.default_rng(0), **options)
