"""Textures: the first test split of the Describable Textures Dataset, 1,880 photographs of 47 kinds (Cimpoi 2014).

One of the paper's OOD sets for everything but MNIST; it does not say which part. The photographs have many sizes:
their short side becomes 256 pixels, the centre is kept.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.datasets._archive import members
from hembench.datasets._checksum import check_raw
from hembench.datasets._pictures import members_framed
from hembench.datasets._raw import check_set

SOURCE = "https://www.robots.ox.ac.uk/~vgg/data/dtd/"
LICENCE = "for research purposes (the authors' page)"
FILES = {"dtd-r1.0.1.tar.gz": "e42855a52a4950a3b59612834602aa253914755c95b0cff9ead6d07395f8e205"}
"""625,239,812 bytes; the sha256 is TensorFlow Datasets', torchvision has md5 fff73e5086ae6bdbea199a49dfb8a4c1."""

MIRRORS = ("https://www.robots.ox.ac.uk/~vgg/data/dtd/download/",)
COMPLETE = True
NUM_CLASSES = 47
IMAGE_SHAPE = (3, 256, 256)
SIZES = {"test": 1_880}

SPLIT = "labels/test1.txt"
"""Names of the test images of the first of ten splits, a line each: banded/banded_0002.jpg."""

LARGEST = 10_000
"""Members of the archive: it has 5,640 photographs and some lists."""

BYTES = 2_000_000_000


def fetch(folder: Path) -> None:
    """Download the archive if it is not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels: uint8 (1880, 3, 256, 256) and int64 (1880,), in the order of the split's list.

    A label is the place of its kind in the alphabet.

    Raises:
        DataError: the archive is missing or another one, or lacks the list or a photograph.
    """
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    listed = next((c for n, c in members(path, count=LARGEST, size=BYTES) if n.endswith(f"/{SPLIT}")), None)
    if listed is None:
        raise DataError(f"{path}: has no {SPLIT}.")
    names = listed.decode("ascii").split()
    kinds = sorted({name.partition("/")[0] for name in names})
    images = members_framed(
        path,
        {f"dtd/images/{name}": place for place, name in enumerate(names)},
        side=IMAGE_SHAPE[1],
        short=IMAGE_SHAPE[1],
        count=LARGEST,
        size=BYTES,
    )
    labels = np.array([kinds.index(name.partition("/")[0]) for name in names], dtype=np.int64)
    check_set(
        images,
        labels,
        size=SIZES["test"],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of="textures, test set",
    )
    return images, labels
