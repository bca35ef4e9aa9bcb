"""CIFAR10: 60,000 photographs of 10 kinds of things, 32x32 in colour (Krizhevsky 2009); official split.

The raw files are those of the binary version. Only the archive's checksum is published; the files' own were taken
from batches whose pickles have the md5 that torchvision lists.
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

    from annotated_types import Ge, Le

SOURCE = "https://www.cs.toronto.edu/~kriz/cifar.html"
LICENCE = "none stated; its author asks for citation of Krizhevsky (2009)"
FILES = {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
}
ARCHIVE = ("cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")
"""Name and sha256 (TensorFlow Datasets' list of checksums), 170,052,171 bytes."""

MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
COMPLETE = True
NUM_CLASSES = 10
IMAGE_SHAPE = (3, 32, 32)
SIZES = {"train": 50_000, "test": 10_000}


def fetch(folder: Path) -> None:
    """Download the official archive and unpack the files that are not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    fetch_records(folder, FILES, ARCHIVE, MIRRORS)


def train(
    folder: Path,
    *,
    imbalance: Annotated[float, Ge(1)] = 1.0,
    per_class: Annotated[int, Ge(1), Le(5000)] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (N, 3, 32, 32) and int64 (N,), in the order of the files.

    Args:
        folder: holds the raw files.
        imbalance: ratio of the largest to the smallest class (long tail, the paper's A.2.1: 100 leaves 12,406
            images, 10 leaves 20,431). 1 keeps the whole training set.
        per_class: keep the first so many images of each class (the paper's B.1: 50); null keeps all.

    Raises:
        DataError: a raw file is missing or another one.
        InputError: a class would be left with no or too few images; both options are given.
    """
    images, labels = _part(folder, "train")
    chosen = kept(labels, NUM_CLASSES, imbalance, per_class)
    return images[chosen], labels[chosen]


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images and labels: uint8 (10000, 3, 32, 32) and int64 (10000,).

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
        of=f"cifar10, {part} set",
    )
    return images, labels
