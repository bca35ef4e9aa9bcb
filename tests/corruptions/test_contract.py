"""Every corruption keeps the contract of its kind."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hembench.core import plugins
from hembench.core.errors import InputError

NAMES = plugins.names("corruptions")


def _images(shape: tuple[int, int, int], count: int = 30) -> np.ndarray:
    """Return images with structure over a few pixels, values over the whole range."""
    noise = gaussian_filter(np.random.default_rng(0).random((count, *shape)), sigma=(0, 0, 0.8, 0.8))
    low, high = noise.min(), noise.max()
    return np.rint((noise - low) / (high - low) * 255).astype(np.uint8)


def _corrupted(name: str, images: np.ndarray, severity: int, seed: int = 1) -> np.ndarray:
    return plugins.load("corruptions", name).corrupt(images, severity, np.random.default_rng(seed))


@pytest.mark.parametrize("name", NAMES)
def test_severities_are_1_to_5(name):
    assert plugins.constants("corruptions", name)["SEVERITIES"] == (1, 2, 3, 4, 5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (2, 5, 9)])
def test_damage_grows_with_severity(name, shape):
    images = _images(shape)
    before = images.copy()
    severities = plugins.constants("corruptions", name)["SEVERITIES"]
    damage = []
    for severity in severities:
        corrupted = _corrupted(name, images, severity)
        assert corrupted.shape == images.shape
        assert corrupted.dtype == np.uint8
        damage.append(np.abs(corrupted.astype(float) - images).mean())
    assert damage[0] > 1
    assert all(a < b for a, b in pairwise(damage))
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_generator_state_gives_the_same_bytes(name):
    images = _images((1, 8, 8))
    first = _corrupted(name, images, 3)
    np.random.seed(99)  # the global generator must not matter
    assert first.tobytes() == _corrupted(name, images, 3).tobytes()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("severity", [0, 6, -1])
def test_an_unknown_severity_is_refused(name, severity):
    with pytest.raises(InputError, match=f"{name}: no severity {severity}; it has 1, 2, 3, 4, 5"):
        _corrupted(name, _images((1, 8, 8)), severity)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_images_are_refused(name):
    with pytest.raises(InputError, match="uint8"):
        _corrupted(name, _images((1, 8, 8)).astype(np.float32), 1)
    with pytest.raises(InputError, match="uint8"):
        _corrupted(name, _images((1, 8, 8))[0], 1)
