from __future__ import annotations

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.stages.api import Inputs
from hembench.stages.prepare_ood_natural import adapt, compute
from hembench.store.content import arrays, read_arrays


def test_every_image_is_adapted_to_the_networks_input(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (5, 1, 12, 12), dtype=np.uint8)
    folder = tmp_path / "natural"
    folder.mkdir()
    arrays(images=images, labels=np.zeros(5, dtype=np.int64))(folder / "set.npz")
    options = {"dataset": "tiny", "ood": {"name": "other", "options": {"invert": True}}, "image_shape": [3, 8, 8]}
    compute(Inputs(folders={"natural": folder}, plugins={}), options)["set.npz"](tmp_path / "set.npz")
    found = read_arrays(tmp_path / "set.npz")
    assert set(found) == {"images"}
    np.testing.assert_array_equal(found["images"], adapt(images, (3, 8, 8), invert=True))


@pytest.mark.parametrize("shape", [(1, 9, 7), (3, 9, 7)])
def test_images_of_the_right_shape_keep_their_bytes(shape):
    images = np.random.default_rng(0).integers(0, 256, (4, *shape), dtype=np.uint8)
    assert adapt(images, shape).tobytes() == images.tobytes()


def test_inverting_turns_black_to_white():
    images = np.array([[[[0, 255], [10, 128]]]], dtype=np.uint8)
    assert adapt(images, (1, 2, 2), invert=True).tolist() == [[[[255, 0], [245, 127]]]]


def test_grey_is_repeated_for_each_colour():
    images = np.random.default_rng(0).integers(0, 256, (2, 1, 4, 4), dtype=np.uint8)
    np.testing.assert_array_equal(adapt(images, (3, 4, 4)), np.repeat(images, 3, axis=1))


def test_colours_become_grey_by_how_bright_they_look():
    red, green, blue = np.zeros((3, 1, 3, 2, 2), dtype=np.uint8)
    red[:, 0], green[:, 1], blue[:, 2] = 255, 255, 255
    grey = [int(adapt(image, (1, 2, 2))[0, 0, 0, 0]) for image in (red, green, blue)]
    assert grey == [76, 150, 29]  # 255 times .299, .587, .114


def test_the_centre_is_cut_out_of_long_images():
    wide = np.zeros((1, 1, 4, 12), dtype=np.uint8)
    wide[..., 4:8] = 255
    assert (adapt(wide, (1, 4, 4)) == 255).all()
    assert (adapt(wide.transpose(0, 1, 3, 2), (1, 4, 4)) == 255).all()


def test_a_smaller_image_averages_over_areas():
    checks = np.indices((8, 8)).sum(axis=0)[np.newaxis, np.newaxis] % 2 * 255
    small = adapt(checks.astype(np.uint8), (1, 2, 2))
    assert np.abs(small.astype(int) - 127).max() <= 10  # a point sample would be 0 or 255


@pytest.mark.parametrize(
    ("given", "wanted"),
    [((105, 105), (28, 28)), ((5, 9), (28, 28)), ((9, 5), (32, 32)), ((1, 1), (4, 4)), ((33, 100), (28, 30))],
)
def test_any_size(given, wanted):
    images = np.full((2, 1, *given), 77, dtype=np.uint8)
    adapted = adapt(images, (1, *wanted))
    assert adapted.shape == (2, 1, *wanted)
    assert (adapted == 77).all()  # covered wholly: no border shows


def test_other_numbers_of_channels_are_refused():
    with pytest.raises(DataError, match="2 channels"):
        adapt(np.zeros((1, 2, 4, 4), dtype=np.uint8), (1, 4, 4))
    with pytest.raises(DataError, match="brought to 4"):
        adapt(np.zeros((1, 1, 4, 4), dtype=np.uint8), (4, 4, 4))
