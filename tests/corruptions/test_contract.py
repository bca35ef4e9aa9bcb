"""Every corruption keeps the contract of its kind."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hembench.core import plugins
from hembench.core.errors import InputError

SETS = [name for name in plugins.names("corruptions") if "MEMBERS" in plugins.constants("corruptions", name)]
NAMES = [name for name in plugins.names("corruptions") if name not in SETS]
GRADED = [name for name in NAMES if len(plugins.constants("corruptions", name)["SEVERITIES"]) > 1]
PUBLISHED = [name for name in SETS if plugins.has_function("corruptions", name, "read")]

FIXED = {"brightness", "canny_edges", "scale", "stripe"}
"""Members of MNIST-C with nothing random in them."""


def _images(shape: tuple[int, int, int], count: int = 30) -> np.ndarray:
    """Return images with structure over a few pixels, values over the whole range."""
    noise = gaussian_filter(np.random.default_rng(0).random((count, *shape)), sigma=(0, 0, 0.8, 0.8))
    low, high = noise.min(), noise.max()
    return np.rint((noise - low) / (high - low) * 255).astype(np.uint8)


def _corrupted(name: str, images: np.ndarray, severity: int, seed: int = 1) -> np.ndarray:
    return plugins.load("corruptions", name).corrupt(images, severity, np.random.default_rng(seed))


@pytest.mark.parametrize("name", NAMES)
def test_severities_count_from_1(name):
    assert plugins.constants("corruptions", name)["SEVERITIES"] in ((1,), (1, 2, 3, 4, 5))


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_its_members(name):
    members = plugins.constants("corruptions", name)["MEMBERS"]
    assert len(set(members)) == len(members) > 0
    if name not in PUBLISHED:
        files = {corruption for corruption in NAMES if corruption.startswith(f"{name}_")}
        assert files == {f"{name}_{member}" for member in members}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_set_says_what_it_is(name):
    facts = plugins.constants("corruptions", name)
    assert facts["SOURCE"].strip()
    assert facts["LICENCE"].strip()
    assert all(re.fullmatch(r"[0-9a-f]{64}|md5:[0-9a-f]{32}", checksum) for checksum in facts["FILES"].values())
    assert facts["OF"] in plugins.names("datasets")
    assert facts["SIZES"]["test"] == plugins.constants("datasets", facts["OF"])["SIZES"]["test"]
    assert plugins.signature("corruptions", name, "fetch")[0] == ("folder",)
    assert plugins.signature("corruptions", name, "read")[0] == ("folder", "member", "severity")


def test_the_published_mnist_c_and_ours_have_the_same_members():
    ours, published = (plugins.constants("corruptions", name)["MEMBERS"] for name in ("mnist_c_ours", "mnist_c"))
    assert ours == published
    assert len(ours) == 15


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 8, 8), (3, 32, 32), (2, 5, 9), (1, 1, 1), (1, 3, 2)])
def test_any_shape(name, shape):
    images = _images(shape, count=7) if min(shape[1:]) > 1 else np.full((7, *shape), 100, dtype=np.uint8)
    before = images.copy()
    corrupted = _corrupted(name, images, 1)
    assert corrupted.shape == images.shape
    assert corrupted.dtype == np.uint8
    np.testing.assert_array_equal(images, before)


# how many random numbers a Poisson draw takes depends on its mean, and with it what the next images get
@pytest.mark.parametrize("name", [name for name in NAMES if name != "mnist_c_ours_shot_noise"])
def test_no_image_depends_on_the_others_content(name):
    images = _images((1, 28, 28))
    others = images.copy()
    others[0] = 255 - others[0]
    corrupted, changed = _corrupted(name, images, 1), _corrupted(name, others, 1)
    np.testing.assert_array_equal(corrupted[1:], changed[1:])
    assert (corrupted[0] != changed[0]).any()


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("mnist_c_ours_")])
def test_members_are_random_or_not_and_do_something(name):
    images = _images((1, 28, 28))
    first, second = _corrupted(name, images, 1, seed=1), _corrupted(name, images, 1, seed=2)
    assert (first.tobytes() == second.tobytes()) is (name.removeprefix("mnist_c_ours_") in FIXED)
    assert np.abs(first.astype(float) - images).mean() > 1


@pytest.mark.parametrize("name", [name for name in NAMES if "AT_ONCE" in plugins.constants("corruptions", name)])
def test_images_do_not_depend_on_how_many_are_made_at_once(name, monkeypatch):
    images = _images((1, 28, 28))
    whole = _corrupted(name, images, 1)
    monkeypatch.setattr(plugins.load("corruptions", name), "AT_ONCE", 7)
    assert whole.tobytes() == _corrupted(name, images, 1).tobytes()


@pytest.mark.parametrize("name", GRADED)
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
    severity = max(plugins.constants("corruptions", name)["SEVERITIES"])
    first = _corrupted(name, images, severity)
    np.random.seed(99)  # the global generator must not matter
    assert first.tobytes() == _corrupted(name, images, severity).tobytes()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("severity", [0, 6, -1])
def test_an_unknown_severity_is_refused(name, severity):
    with pytest.raises(InputError, match=f"{name}: no severity {severity}; it has 1"):
        _corrupted(name, _images((1, 8, 8)), severity)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_images_are_refused(name):
    with pytest.raises(InputError, match="uint8"):
        _corrupted(name, _images((1, 8, 8)).astype(np.float32), 1)
    with pytest.raises(InputError, match="uint8"):
        _corrupted(name, _images((1, 8, 8))[0], 1)
