"""KMNIST: 10,000 test images of cursive Japanese, 28x28 grey, white on black (Clanuwat 2018); no training part."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.datasets._idx import read_idx
from hembench.datasets._raw import check_files, check_set

SOURCE = "http://codh.rois.ac.jp/kmnist/"
LICENCE = "CC BY-SA 4.0 (KMNIST Dataset, created by CODH, adapted from the Kuzushiji Dataset of NIJL and others)"
FILES = {
    "t10k-images-idx3-ubyte.gz": "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
    "t10k-labels-idx1-ubyte.gz": "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
}
MIRRORS = ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",)
COMPLETE = True
NUM_CLASSES = 10
IMAGE_SHAPE = (1, 28, 28)
SIZES = {"test": 10_000}


def fetch(folder: Path) -> None:
    """Download the files that are not in ``folder`` yet.

    Raises:
        DataError: one can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images and labels: uint8 (10000, 1, 28, 28) and int64 (10000,).

    Raises:
        DataError: a raw file is missing or another one.
    """
    check_files(folder, FILES)
    images = read_idx(folder / "t10k-images-idx3-ubyte.gz")[:, np.newaxis]
    labels = read_idx(folder / "t10k-labels-idx1-ubyte.gz").astype(np.int64)
    check_set(
        images,
        labels,
        size=SIZES["test"],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of="kmnist, test set",
    )
    return images, labels
