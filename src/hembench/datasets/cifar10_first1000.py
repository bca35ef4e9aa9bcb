"""The first 1,000 images of each of CIFAR10's six batches: 5,000 for training, 1,000 for tests.

For trials of everything that CIFAR10 goes through; scores on it can't be compared with those on the whole set.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hembench.datasets._checksum import check_raw
from hembench.datasets._cifar import fetch_records, records
from hembench.datasets._longtail import kept
from hembench.datasets._raw import check_set

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge

SOURCE = "https://www.cs.toronto.edu/~kriz/cifar.html, the first 1,000 records of each file"
LICENCE = "none stated; its author asks for citation of Krizhevsky (2009)"
FILES = {
    "data_batch_1.bin": "1c5f9ea0fc1111d586f29115efd3db25eecf7db27b29aaebbe84721446b052cc",
    "data_batch_2.bin": "4f979f9b23aaa1ed4caa123051abf301d1bf3efaafb71eb652c88915b5724f2d",
    "data_batch_3.bin": "b22c7fc2fb3577032913fa43c14b40b539abf70f40cfc257fa90f035d3728e34",
    "data_batch_4.bin": "998398a620412db9b26cad6a83aff2d049fef005e171474ed2676c0397c7157f",
    "data_batch_5.bin": "d427e63de6374fb63b5a1d61a35cf7a9457aaac5f1af2ef2ac87ecfef4877085",
    "test_batch.bin": "8314c96d7cd65618193bab23acdd5d4c4af15bf6dd00a1781d55beedf3be1ef5",
}
ARCHIVE = ("cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")
"""Name and sha256 (TensorFlow Datasets' list of checksums), 170,052,171 bytes."""

MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
COMPLETE = False
NUM_CLASSES = 10
IMAGE_SHAPE = (3, 32, 32)
SIZES = {"train": 5_000, "test": 1_000}

RECORDS = 1_000
"""Kept of each file; a record has 3,073 bytes."""


def fetch(folder: Path) -> None:
    """Download the official archive and unpack the beginnings of the files that are not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    fetch_records(folder, FILES, ARCHIVE, MIRRORS, first=dict.fromkeys(FILES, RECORDS * 3_073))


def train(
    folder: Path, *, imbalance: Annotated[float, Ge(1)] = 1.0, per_class: Annotated[int, Ge(1)] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (N, 3, 32, 32) and int64 (N,), in the order of the files.

    Args:
        folder: holds the raw files.
        imbalance: ratio of the largest to the smallest class (long tail, the paper's A.2.1). 1 keeps the whole
            training set, whose classes have 469 to 527 images.
        per_class: keep the first so many images of each class (the paper's B.1: 50); null keeps all.

    Raises:
        DataError: a raw file is missing or another one.
        InputError: a class would be left with no or too few images; both options are given.
    """
    images, labels = _part(folder, "train")
    chosen = kept(labels, NUM_CLASSES, imbalance, per_class)
    return images[chosen], labels[chosen]


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images and labels: uint8 (1000, 3, 32, 32) and int64 (1000,).

    Raises:
        DataError: a raw file is missing or another one.
    """
    return _part(folder, "test")


def _part(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    names = [name for name in FILES if name.startswith("test") == (part == "test")]
    check_raw(folder, {name: FILES[name] for name in names})
    read = [records((folder / name).read_bytes(), 1, str(folder / name)) for name in names]
    images, labels = (np.concatenate(arrays) for arrays in zip(*read, strict=True))
    check_set(
        images,
        labels,
        size=SIZES[part],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of=f"cifar10_first1000, {part} set",
    )
    return images, labels
