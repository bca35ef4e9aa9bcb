"""TinyImageNet: 110,000 photographs of 200 kinds of things, 64x64 in colour (Le & Yang 2015).

The official validation part serves as test set: the labels of the official test part were never published. A
label is the place of the kind's WordNet number in their order.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.datasets._checksum import check_raw
from hembench.datasets._tiny_imagenet import read_part

SOURCE = "http://cs231n.stanford.edu/ (Tiny ImageNet challenge)"
LICENCE = "ImageNet's terms of access: non-commercial research and education"
FILES = {"tiny-imagenet-200.zip": "md5:90528d7ca1a48142e341f4ef8d21d0de"}
"""248,100,043 bytes; the md5 that public readers of the set check (Avalanche, torch-uncertainty)."""

MIRRORS = ("http://cs231n.stanford.edu/",)
COMPLETE = True
NUM_CLASSES = 200
IMAGE_SHAPE = (3, 64, 64)
SIZES = {"train": 100_000, "test": 10_000}


def fetch(folder: Path) -> None:
    """Download the archive if it is not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def train(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (100000, 3, 64, 64) and int64 (100000,).

    Kind by kind, then by their numbers.

    Raises:
        DataError: the archive is missing or another one, or holds other photographs.
    """
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    return read_part(path, "train", sizes=SIZES, num_classes=NUM_CLASSES, of="tiny_imagenet")


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the validation images and labels: uint8 (10000, 3, 64, 64) and int64 (10000,).

    Kind by kind, then by their numbers: the order of Tiny-ImageNet-C.

    Raises:
        DataError: the archive is missing or another one, or holds other photographs.
    """
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    return read_part(path, "test", sizes=SIZES, num_classes=NUM_CLASSES, of="tiny_imagenet")
