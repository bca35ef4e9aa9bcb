from __future__ import annotations

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.datasets import digits
from hembench.stages.api import Inputs
from hembench.stages.prepare import compute
from hembench.store.content import read_arrays

OPTIONS = {"dataset": "digits", "set": "train", "options": {}, "num_classes": 10}
IMAGES = np.zeros((3, 1, 2, 2), dtype=np.uint8)
LABELS = np.array([0, 2, 1])


def _written(contents, tmp_path):
    (name, content), *more = contents.items()
    assert name == "set.npz"
    assert not more
    content(tmp_path / name)
    return read_arrays(tmp_path / name)


def test_digits(tmp_path):
    digits.fetch(tmp_path)
    inputs = Inputs(plugins={"read": digits.train}, raw=tmp_path)
    found = _written(compute(inputs, OPTIONS | {"options": {"imbalance": 10.0}}), tmp_path)
    images, labels = digits.train(tmp_path, imbalance=10.0)
    np.testing.assert_array_equal(found["images"], images)
    np.testing.assert_array_equal(found["labels"], labels)
    assert found["counts"].tolist() == [140, 108, 83, 64, 50, 38, 30, 23, 18, 14]
    assert (found["images"].dtype, found["labels"].dtype, found["counts"].dtype) == (np.uint8, np.int64, np.int64)


def test_counts_cover_classes_without_samples(tmp_path):
    inputs = Inputs(plugins={"read": lambda folder: (IMAGES, LABELS)})
    found = _written(compute(inputs, OPTIONS | {"num_classes": 5}), tmp_path)
    assert found["counts"].tolist() == [1, 1, 1, 0, 0]


def test_raw_files_that_are_not_the_named_ones_are_refused(tmp_path):
    (tmp_path / "digits.csv.gz").write_bytes(b"something else")
    with pytest.raises(DataError, match="sha256"):
        compute(Inputs(plugins={"read": digits.test}, raw=tmp_path), OPTIONS | {"set": "test"})


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES / 255, LABELS, "images are float64"),
        (IMAGES[:, 0], LABELS, r"\(3, 2, 2\)"),
        (IMAGES[:0], LABELS[:0], "at least one"),
        (IMAGES, LABELS.astype(np.uint8), "labels are uint8"),
        (IMAGES, LABELS[:2], "one label for each of the 3"),
        (IMAGES, LABELS + 8, "8 to 10, expected 0 to 9"),
        (IMAGES, LABELS - 1, "-1 to 1"),
    ],
)
def test_what_a_reader_must_not_give(images, labels, message):
    inputs = Inputs(plugins={"read": lambda folder: (images, labels)})
    with pytest.raises(DataError, match=f"'digits', train set: .*{message}"):
        compute(inputs, OPTIONS)
