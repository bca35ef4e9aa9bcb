from __future__ import annotations

import hashlib

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.datasets._raw import check_files, check_set

PROMISED = {"size": 4, "image_shape": (1, 2, 2), "num_classes": 2, "of": "tiny, test set"}
IMAGES = np.zeros((4, 1, 2, 2), dtype=np.uint8)
LABELS = np.array([0, 1, 0, 1])


def test_good_files_and_sets_pass(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    check_files(tmp_path, {"a": hashlib.sha256(b"abc").hexdigest()})
    check_set(IMAGES, LABELS, **PROMISED)


def test_a_missing_file_and_a_changed_one_are_told_apart(tmp_path):
    with pytest.raises(DataError, match="missing"):
        check_files(tmp_path, {"a": "0" * 64})
    (tmp_path / "a").write_bytes(b"abc")
    with pytest.raises(DataError, match="expected 0000"):
        check_files(tmp_path, {"a": "0" * 64})


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (IMAGES[:3], LABELS),
        (IMAGES.astype(np.float32), LABELS),
        (IMAGES.reshape(4, 1, 1, 4), LABELS),
        (IMAGES, LABELS[:3]),
        (IMAGES, LABELS.astype(np.int32)),
        (IMAGES, LABELS + 1),
        (IMAGES, LABELS * 0),
    ],
)
def test_what_differs_from_the_promise_is_refused(images, labels):
    with pytest.raises(DataError, match="tiny, test set"):
        check_set(images, labels, **PROMISED)
