"""Scenes of digits on photographs: what is in them, and that they are the same everywhere."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import sklearn
from PIL import Image
from sklearn.datasets import load_digits

from hembench.core.errors import DataError
from hembench.datasets import digit_scenes, digits
from hembench.stages.derive_class_counts import class_counts

PIXELS = {"train": [185_166, 6_525, 3_117, 1_545, 636, 387], "test": [92_384, 3_550, 1_311, 901, 295, 308]}
IMAGES = {"train": [200, 170, 118, 63, 30, 19], "test": [100, 90, 54, 35, 14, 14]}
IGNORED = {"train": 7_424, "test": 3_651}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "digit_scenes"
    digit_scenes.fetch(folder)
    return folder


@pytest.fixture(scope="module")
def sets(folder):
    return {"train": digit_scenes.train(folder), "test": digit_scenes.test(folder)}


@pytest.mark.parametrize("part", ["train", "test"])
def test_counts(sets, part):
    images, labels = sets[part]
    assert images.shape == (digit_scenes.SIZES[part], 3, 32, 32)
    assert images.dtype == labels.dtype == np.uint8
    assert class_counts(labels, 6, "pixel").tolist() == PIXELS[part]
    assert class_counts(labels, 6, "image").tolist() == IMAGES[part]
    assert np.count_nonzero(labels == digit_scenes.IGNORED) == IGNORED[part]


def test_the_same_bytes_everywhere(folder, sets):
    images, labels = digit_scenes.train(folder)
    np.testing.assert_array_equal(images, sets["train"][0])
    np.testing.assert_array_equal(labels, sets["train"][1])
    assert hashlib.sha256(labels.tobytes()).hexdigest()[:12] == "74ea76301b8b"
    assert hashlib.sha256(images.tobytes()).hexdigest()[:12] == "96d3ed687e11"


@pytest.mark.parametrize(("part", "columns"), [("train", slice(0, 400)), ("test", slice(400, 640))])
def test_every_pixel_without_ink_is_a_photograph(sets, part, columns):
    """The first eight scenes are found in those columns of one of the photographs."""
    images, labels = sets[part]
    carried = Path(sklearn.__file__).parent / "datasets" / "images"
    found = set()
    for name in ("china.jpg", "flower.jpg"):
        photograph = np.asarray(Image.open(carried / name)).transpose(2, 0, 1)[:, :, columns]
        windows = np.lib.stride_tricks.sliding_window_view(photograph, (32, 32), axis=(1, 2))
        for number in range(8):
            clear = labels[number] == 0
            corner = np.argwhere(clear)[0]
            place = windows[:, :, :, corner[0], corner[1]] == images[number][:, None, None, corner[0], corner[1]]
            for row, column in np.argwhere(place.all(0)):
                if np.array_equal(windows[:, row, column][:, clear], images[number][:, clear]):
                    found.add(number)
    assert found == set(range(8))


@pytest.mark.parametrize("part", ["train", "test"])
def test_each_digit_is_one_of_its_part(folder, sets, part):
    """The marked pixels of a quarter have the shape of a digit of that class, from the same part of the digits."""
    inks, classes = getattr(digits, part)(folder)
    shapes = {(_trimmed(ink[0] >= 128).tobytes(), int(number)) for ink, number in zip(inks, classes, strict=True)}
    placed = 0
    for labels in sets[part][1]:
        for top, left in ((0, 0), (0, 16), (16, 0), (16, 16)):
            quarter = labels[top : top + 16, left : left + 16]
            there = set(np.unique(quarter)) - {0, digit_scenes.IGNORED}
            if there:
                (kind,) = there
                assert (_trimmed(quarter == kind).tobytes(), int(kind) - 1) in shapes
                placed += 1
    assert 0.7 < placed / (4 * digit_scenes.SIZES[part]) < 0.8


def _trimmed(mask):
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    cut = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.pad(cut, ((0, 16 - cut.shape[0]), (0, 16 - cut.shape[1])))


def test_ink_covers_the_photograph_as_far_as_it_goes():
    photograph = np.array([[[0, 100, 200, 255]]] * 3, dtype=np.uint8)
    ink = np.array([[0, 255, 128, 64]], dtype=np.uint8)
    assert digit_scenes._painted(photograph, ink)[0].tolist() == [[0, 255, 228, 255]]


def test_half_covered_is_the_digit_and_less_is_ignored(sets):
    """Grey value 8 of 16, read as 128, is the least that counts."""
    assert load_digits().images.max() == 16
    images, labels = sets["train"]
    darkest = images.min(axis=1)
    assert darkest[(labels > 0) & (labels != digit_scenes.IGNORED)].min() >= 128
    assert darkest[labels == digit_scenes.IGNORED].min() >= 255 // 16


@pytest.mark.parametrize("name", ["digits.csv.gz", "china.jpg", "flower.jpg"])
def test_a_changed_file_is_refused(folder, tmp_path, name):
    for file in digit_scenes.FILES:
        (tmp_path / file).write_bytes((folder / file).read_bytes() + b"x" * (file == name))
    with pytest.raises(DataError, match=f"{name}: sha256"):
        digit_scenes.test(tmp_path)
