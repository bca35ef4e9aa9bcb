from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.stages.api import Inputs
from hembench.stages.prepare_corruption_published import compute
from hembench.store.content import arrays, read_arrays

OPTIONS = {"dataset": "published", "member": "fog", "severities": [1, 3]}
IMAGES = np.random.default_rng(0).integers(0, 200, (4, 1, 5, 5), dtype=np.uint8)
LABELS = np.array([1, 0, 2, 1])


def read(folder: Path, member: str, severity: int) -> tuple[np.ndarray, np.ndarray]:
    assert (folder, member) == (Path("raw"), "fog")
    return IMAGES + np.uint8(severity), LABELS


def inputs(tmp_path: Path, reader: object) -> Inputs:
    folder = tmp_path / "test"
    folder.mkdir()
    arrays(images=IMAGES, labels=LABELS)(folder / "set.npz")
    return Inputs(folders={"test": folder}, plugins={"read": reader}, raw=Path("raw"))


def test_the_layout_is_that_of_a_made_set(tmp_path):
    compute(inputs(tmp_path, read), OPTIONS)["set.npz"](tmp_path / "set.npz")
    found = read_arrays(tmp_path / "set.npz")
    np.testing.assert_array_equal(found["images"], np.stack([IMAGES + 1, IMAGES + 3]))
    np.testing.assert_array_equal(found["labels"], LABELS)
    np.testing.assert_array_equal(found["severities"], [1, 3])


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[:3], LABELS[:3], "published', fog, severity 1: images are"),
        (IMAGES.astype(float), LABELS, "images are float64"),
        (IMAGES, LABELS[::-1], "labels are not those of the test set"),
    ],
)
def test_images_of_another_test_set_are_refused(tmp_path, images, labels, message):
    with pytest.raises(DataError, match=message):
        compute(inputs(tmp_path, lambda *_: (images, labels)), OPTIONS)
