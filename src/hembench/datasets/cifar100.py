"""CIFAR100: 60,000 photographs of 100 kinds of things, 32x32 in colour (Krizhevsky 2009); official split.

The raw file is the archive of the binary version, read as it is: checksums of its members were never published.
A label is the fine one, in the order of the archive.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hembench.datasets._archive import members
from hembench.datasets._checksum import check_raw
from hembench.datasets._cifar import records
from hembench.datasets._longtail import kept
from hembench.datasets._raw import check_set

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge, Le

SOURCE = "https://www.cs.toronto.edu/~kriz/cifar.html"
LICENCE = "none stated; its author asks for citation of Krizhevsky (2009)"
FILES = {"cifar-100-binary.tar.gz": "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"}
"""168,513,733 bytes; the sha256 is that of TensorFlow Datasets' list of checksums."""

MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
COMPLETE = True
NUM_CLASSES = 100
IMAGE_SHAPE = (3, 32, 32)
SIZES = {"train": 50_000, "test": 10_000}

LARGEST = 20
"""Members of the archive: it has five, and their folder."""

BYTES = 200_000_000


def fetch(folder: Path) -> None:
    """Download the archive if it is not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def train(
    folder: Path,
    *,
    imbalance: Annotated[float, Ge(1)] = 1.0,
    per_class: Annotated[int, Ge(1), Le(500)] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (N, 3, 32, 32) and int64 (N,), in the order of the archive.

    Args:
        folder: holds the raw files.
        imbalance: ratio of the largest to the smallest class (long tail, the paper's A.2.1: 100 leaves 10,847
            images, 10 leaves 19,573). 1 keeps the whole training set.
        per_class: keep the first so many images of each class; null keeps all.

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
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    found = {Path(name).name: content for name, content in members(path, count=LARGEST, size=BYTES)}
    images, labels = records(found.get(f"{part}.bin", b""), 2, f"{path}, {part}.bin")
    check_set(
        images,
        labels,
        size=SIZES[part],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of=f"cifar100, {part} set",
    )
    return images, labels
