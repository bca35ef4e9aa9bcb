"""Every generator of OOD sets keeps the contract of its kind."""

from __future__ import annotations

import numpy as np
import pytest

from hembench.core import plugins
from hembench.core.errors import InputError

NAMES = plugins.names("ood")
SHAPES = [(1, 8, 8), (3, 32, 32), (1, 28, 27), (2, 5, 9), (1, 1, 1)]


def _test_images(shape: tuple[int, int, int], count: int = 6) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)


def _made(name: str, shape: tuple[int, int, int], count: int, seed: int = 1) -> np.ndarray:
    return plugins.load("ood", name).generate(_test_images(shape), count, np.random.default_rng(seed))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 4, 6, 15])
def test_any_shape_and_any_count(name, shape, count):
    images = _made(name, shape, count)
    assert images.shape == (count, *shape)
    assert images.dtype == np.uint8


@pytest.mark.parametrize("name", NAMES)
def test_the_same_generator_state_gives_the_same_bytes(name):
    first = _made(name, (3, 16, 16), 9)
    np.random.seed(99)  # the global generator must not matter
    assert first.tobytes() == _made(name, (3, 16, 16), 9).tobytes()
    assert first.tobytes() != _made(name, (3, 16, 16), 9, seed=2).tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_images_that_come_again_are_not_copies(name):
    images = _made(name, (1, 8, 8), 12)
    assert len({image.tobytes() for image in images}) == 12


@pytest.mark.parametrize("name", NAMES)
def test_the_test_set_is_left_alone(name):
    test_images = _test_images((1, 8, 8))
    before = test_images.copy()
    plugins.load("ood", name).generate(test_images, 6, np.random.default_rng(1))
    np.testing.assert_array_equal(test_images, before)


@pytest.mark.parametrize("name", [name for name in NAMES if "AT_ONCE" in plugins.constants("ood", name)])
def test_images_do_not_depend_on_how_many_are_made_at_once(name, monkeypatch):
    module = plugins.load("ood", name)
    whole = _made(name, (3, 9, 8), 23)
    monkeypatch.setattr(module, "AT_ONCE", 5)
    assert whole.tobytes() == _made(name, (3, 9, 8), 23).tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_wrong_input_is_refused(name):
    generate, rng = plugins.load("ood", name).generate, np.random.default_rng(1)
    with pytest.raises(InputError, match="uint8"):
        generate(_test_images((1, 8, 8)).astype(np.float32), 3, rng)
    with pytest.raises(InputError, match="count=0"):
        generate(_test_images((1, 8, 8)), 0, rng)
    with pytest.raises(InputError, match="at least one"):
        generate(_test_images((1, 8, 8), count=0), 3, rng)


def test_a_generator_is_not_named_like_a_data_set():
    assert not set(NAMES) & set(plugins.names("datasets"))
