"""Pictures with a label for each pixel, and the data-sets of them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from hembench.core import plugins
from hembench.core.errors import DataError
from hembench.datasets._dense import IGNORED, Decoded, check_dense, labels_in, padded, picture

DENSE = [name for name in plugins.names("datasets") if "IGNORED" in plugins.constants("datasets", name)]
KNOWN = np.array([0, 1, IGNORED] + [-1] * 253)


def _png(values, mode="L"):
    content = io.BytesIO()
    Image.fromarray(np.asarray(values, dtype=np.uint8)).convert(mode).save(content, "PNG")
    return content.getvalue()


def test_there_are_dense_datasets():
    assert {"camvid", "camvid_subset", "cityscapes", "sbd"} <= set(DENSE)


@pytest.mark.parametrize("name", DENSE)
def test_what_a_dense_dataset_says_of_itself(name):
    facts = plugins.constants("datasets", name)
    assert facts["IGNORED"] == IGNORED
    assert facts["NUM_CLASSES"] < IGNORED
    depth, *sides = facts["IMAGE_SHAPE"]
    assert depth == 3
    assert [side % 32 for side in sides] == [0, 0]


def test_labels_are_translated():
    labels = labels_in(_png([[0, 1], [2, 1]]), KNOWN, "x")
    assert labels.dtype == np.uint8
    assert labels.tolist() == [[0, 1], [IGNORED, 1]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_png([[0, 3], [9, 1]]), r"^x: has labels \[3, 9\], expected some of \[0, 1, 2\]"),
        (_png([[0, 1]], "RGB"), "^x: has mode RGB, expected L"),
        (_png([[0, 1]], "P"), "^x: has mode P, expected L"),
        (_png([[0, 1]])[:40], "^x: not a whole picture"),
        (b"", "^x: not a whole picture"),
    ],
    ids=["another class", "colours", "a palette", "cut off", "nothing"],
)
def test_other_labels_are_refused(content, message):
    with pytest.raises(DataError, match=message):
        labels_in(content, KNOWN, "x")


def test_padding_goes_below_and_to_the_right():
    labels = padded(np.ones((2, 3), np.uint8), (4, 5), IGNORED, "x")
    assert labels.tolist() == [[1, 1, 1, 255, 255]] * 2 + [[255] * 5] * 2
    pixels = picture(_png(np.arange(6).reshape(2, 3)), "x")
    assert padded(pixels, (3, 2, 3), 0, "x") is pixels
    assert padded(pixels, (3, 2, 4), 0, "x")[:, 1].tolist() == [[3, 4, 5, 0]] * 3
    for shape in ((3, 1, 3), (3, 2, 2)):
        with pytest.raises(DataError, match="x: 3x2 pixels, expected at most"):
            padded(pixels, shape, 0, "x")


def test_decoded_when_asked_for():
    asked = []

    def decode(number):
        asked.append(number)
        return np.full((2, 3), number, np.uint8)

    arrays = Decoded(decode, 5, (2, 3))
    assert (arrays.shape, arrays.ndim, arrays.dtype, len(arrays)) == ((5, 2, 3), 3, np.uint8, 5)
    assert asked == []
    assert arrays[1:3][:, 0, 0].tolist() == [1, 2]
    assert asked == [1, 2]
    assert np.asarray(arrays).shape == (5, 2, 3)
    assert arrays[3:9].shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": np.zeros((2, 3, 2, 2), np.float32)}, "x: images are float32"),
        ({"images": np.zeros((1, 3, 2, 2), np.uint8)}, "x: images are uint8"),
        ({"labels": np.zeros((2, 2, 2), np.int64)}, "x: labels are int64"),
        ({"labels": np.zeros((2, 2), np.uint8)}, "x: labels are uint8"),
        ({"labels": np.array([[[0, 1], [2, 255]]] * 2, np.uint8)}, r"x: labels are \[0, 1, 2, 255\]"),
        ({"labels": np.array([[[0, 0], [0, 255]]] * 2, np.uint8)}, r"x: labels are \[0, 255\], expected every"),
    ],
)
def test_another_set_is_refused(changes, message):
    right = {
        "images": np.zeros((2, 3, 2, 2), np.uint8),
        "labels": np.array([[[0, 1], [1, 255]]] * 2, np.uint8),
    }
    facts = {"size": 2, "image_shape": (3, 2, 2), "num_classes": 2, "of": "x"}
    check_dense(**right, **facts)
    with pytest.raises(DataError, match=message):
        check_dense(**(right | changes), **facts)
