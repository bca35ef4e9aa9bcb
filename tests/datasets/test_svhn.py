"""The published file is not at hand: one of its layout is made, with few images."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat

from hembench.core.errors import DataError
from hembench.datasets import svhn

COUNT = 20
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 3, 32, 32), dtype=np.uint8)
DIGITS = np.arange(COUNT) % 10 + 1  # 10 is a zero


@pytest.fixture
def folder(tmp_path, make_known, monkeypatch):
    def made(**changes):
        content = {"X": IMAGES.transpose(2, 3, 1, 0), "y": DIGITS[:, None].astype(np.uint8)} | changes
        savemat(tmp_path / "test_32x32.mat", {name: value for name, value in content.items() if value is not None})
        make_known(svhn, tmp_path)
        return tmp_path

    monkeypatch.setattr(svhn, "SIZES", {"test": COUNT})
    return made


def test_images_and_digits_are_read(folder):
    images, labels = svhn.test(folder())
    np.testing.assert_array_equal(images, IMAGES)
    assert images.flags.c_contiguous
    assert (labels.dtype, labels.tolist()) == (np.int64, [*range(1, 10), 0] * 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": None}, "not a Matlab file with images X"),
        ({"X": IMAGES[:, 0].transpose(1, 2, 0)}, "not a Matlab file with images X"),
        ({"X": IMAGES[:19].transpose(2, 3, 1, 0)}, "images are uint8"),
        ({"y": np.ones((COUNT, 1), dtype=np.uint8)}, "expected every class from 0 to 9"),
    ],
)
def test_another_content_is_refused(folder, changes, message):
    with pytest.raises(DataError, match=message):
        svhn.test(folder(**changes))


@pytest.mark.parametrize("size", [0, 5, 500])
def test_what_is_no_matlab_file_is_refused(folder, tmp_path, make_known, size):
    (tmp_path / "test_32x32.mat").write_bytes(b"x" * size)
    make_known(svhn, tmp_path)
    with pytest.raises(DataError, match="not a Matlab file"):
        svhn.test(tmp_path)
