"""The first 480 training and 900 test images of CIFAR100; one class (16) has no training image here.

For trials of everything that CIFAR100 goes through; scores on it can't be compared with those on the whole set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.datasets._checksum import check_raw
from hembench.datasets._cifar import fetch_records, records

SOURCE = "https://www.cs.toronto.edu/~kriz/cifar.html, the first 480 and 900 records of its files"
LICENCE = "none stated; its author asks for citation of Krizhevsky (2009)"
FILES = {
    "train.bin": "e6d4ea40d7936038baaadc4f77ce4f6647f82b8e3645f57b12fb8dc1de464dfe",
    "test.bin": "261cd5f2ca3de2ee04b5431f2b3e38a7a6ebdc84b3a7d7a2b9b232d81e15b8fe",
}
ARCHIVE = ("cifar-100-binary.tar.gz", "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec")
"""Name and sha256 (TensorFlow Datasets' list of checksums), 168,513,733 bytes."""

MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
COMPLETE = False
NUM_CLASSES = 100
IMAGE_SHAPE = (3, 32, 32)
SIZES = {"train": 480, "test": 900}

RECORD = 3_074
"""Bytes."""


def fetch(folder: Path) -> None:
    """Download the official archive and unpack the beginnings of the files that are not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    first = {f"{part}.bin": size * RECORD for part, size in SIZES.items()}
    fetch_records(folder, FILES, ARCHIVE, MIRRORS, first=first)


def train(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (480, 3, 32, 32) and int64 (480,).

    Raises:
        DataError: the raw file is missing or another one.
    """
    return _part(folder, "train")


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images and labels: uint8 (900, 3, 32, 32) and int64 (900,); every class is there.

    Raises:
        DataError: the raw file is missing or another one.
    """
    return _part(folder, "test")


def _part(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    name = f"{part}.bin"
    check_raw(folder, {name: FILES[name]})
    images, labels = records((folder / name).read_bytes(), 2, str(folder / name))
    if len(images) != SIZES[part]:
        raise DataError(f"{folder / name}: {len(images)} images, expected {SIZES[part]}.")
    return images, labels
