"""Omniglot's evaluation part: 13,180 drawings of 659 characters, 105x105, black on white (Lake 2015).

The paper's OOD set for MNIST; there is no training part here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.datasets._omniglot import drawings_of
from hembench.datasets._raw import check_files, check_set

SOURCE = "https://github.com/brendenlake/omniglot"
LICENCE = "MIT (Brenden Lake)"
FILES = {"images_evaluation.zip": "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee"}
MIRRORS = (
    "https://github.com/brendenlake/omniglot/raw/master/python/",
    "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/",
)
COMPLETE = True
NUM_CLASSES = 659
IMAGE_SHAPE = (1, 105, 105)
SIZES = {"test": 13_180}


def fetch(folder: Path) -> None:
    """Download the files that are not in ``folder`` yet.

    Raises:
        DataError: one can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels: uint8 (13180, 1, 105, 105), 0 is ink and 255 paper, and int64 (13180,).

    Sorted by alphabet, character and drawer; a label is the place of its character in that order.

    Raises:
        DataError: an archive is missing or another one, or holds something else than such drawings.
    """
    check_files(folder, FILES)
    images, labels = drawings_of([folder / name for name in FILES])
    check_set(
        images,
        labels,
        size=SIZES["test"],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of="omniglot, test set",
    )
    return images, labels
