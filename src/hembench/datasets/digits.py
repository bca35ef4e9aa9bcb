"""Handwritten digits: 1,797 grey images of 8x8 pixels that scikit-learn carries in its package.

The test part of UCI's "Optical Recognition of Handwritten Digits" (Alpaydin & Kaynak 1998), by 13 writers. It
has no published split of its own, so one is fixed here: of each class, every fifth image in file order (the
5th, the 10th, ...) is a test image. Taken inside the classes, because the file repeats the sequence 0 to 9 and
every fifth image of the whole file would be a zero or a five too often; spread over the file, because writers
follow one another, and a split at its end would test on writers that training never saw.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hembench.datasets._bundled import take_bundled
from hembench.datasets._longtail import long_tail
from hembench.datasets._raw import check_files, check_set

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge

SOURCE = "scikit-learn, sklearn/datasets/data/digits.csv.gz; https://archive.ics.uci.edu/dataset/80"
LICENCE = "CC BY 4.0 (UCI Machine Learning Repository), copy distributed with scikit-learn (BSD 3-Clause)"
FILES = {"digits.csv.gz": "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"}
COMPLETE = True
NUM_CLASSES = 10
IMAGE_SHAPE = (1, 8, 8)
SIZES = {"train": 1442, "test": 355}

TEST_EVERY = 5
"""One image of so many is a test image, class by class."""

DARKEST = 16
"""Largest grey value of the file: the number of ink pixels in a 4x4 block."""


def fetch(folder: Path) -> None:
    """Copy the file out of the installed scikit-learn, which is not imported.

    Raises:
        DataError: scikit-learn is missing, or carries another file.
    """
    take_bundled(folder, FILES, dict.fromkeys(FILES, "sklearn/datasets/data"))


def train(folder: Path, *, imbalance: Annotated[float, Ge(1)] = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (N, 1, 8, 8) and int64 (N,).

    Args:
        folder: holds the raw file.
        imbalance: ratio of the largest to the smallest class (long tail, the paper's A.2.1). 1 keeps the whole
            training set, whose classes have 140 to 147 images; above 1, class 0 has 140 and the others fewer.

    Raises:
        DataError: the raw file is missing or another one.
        InputError: ``imbalance`` is below 1 or leaves a class empty.
    """
    images, labels = _part(folder, "train")
    kept = long_tail(labels, NUM_CLASSES, imbalance)
    return images[kept], labels[kept]


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images and labels: uint8 (355, 1, 8, 8) and int64 (355,); never long-tailed.

    Raises:
        DataError: the raw file is missing or another one.
    """
    return _part(folder, "test")


def _part(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    check_files(folder, FILES)
    text = gzip.decompress((folder / "digits.csv.gz").read_bytes()).decode("ascii")
    table = np.array([line.split(",") for line in text.splitlines()], dtype=np.float64).astype(np.int64)
    grey, labels = table[:, :-1], table[:, -1]
    # round(grey * 255 / 16) in whole numbers: the one half (127.5) goes up.
    pixels = ((grey * 255 * 2 + DARKEST) // (2 * DARKEST)).astype(np.uint8)
    chosen = _is_test(labels) == (part == "test")
    images = np.ascontiguousarray(pixels[chosen].reshape(-1, *IMAGE_SHAPE))
    labels = np.ascontiguousarray(labels[chosen])
    check_set(
        images,
        labels,
        size=SIZES[part],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of=f"digits, {part} set",
    )
    return images, labels


def _is_test(labels: np.ndarray) -> np.ndarray:
    """Return which images are test images: bool (N,), every fifth of each class."""
    chosen = np.zeros(len(labels), dtype=bool)
    for number in range(NUM_CLASSES):
        chosen[np.flatnonzero(labels == number)[TEST_EVERY - 1 :: TEST_EVERY]] = True
    return chosen
