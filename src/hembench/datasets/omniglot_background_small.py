"""Omniglot's two minimal background splits: 4,840 drawings of 242 characters, 105x105, black on white (Lake 2015).

The published archives hold 2,720 and 3,120 images. All Greek and Latin characters are in both, byte for byte:
these 1,000 images count once here. This is not the evaluation part that the paper uses: it has its own name.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.datasets._omniglot import drawings_of
from hembench.datasets._raw import check_files, check_set

SOURCE = "https://github.com/brendenlake/omniglot"
LICENCE = "MIT (Brenden Lake)"
FILES = {
    "images_background_small1.zip": "f38eb80f801274ac2b4dff5b24289016bfaba4a7d5bb50deebf27104ad6cb8a4",
    "images_background_small2.zip": "3ccaa407515a8778e5d0861875af38b17e418f301ad5bb3b5a6b65d901a41c7f",
}
MIRRORS = (
    "https://github.com/brendenlake/omniglot/raw/master/python/",
    "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/",
)
COMPLETE = False
NUM_CLASSES = 242
IMAGE_SHAPE = (1, 105, 105)
SIZES = {"test": 4_840}


def fetch(folder: Path) -> None:
    """Download the files that are not in ``folder`` yet.

    Raises:
        DataError: one can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels: uint8 (4840, 1, 105, 105), 0 is ink and 255 paper, and int64 (4840,).

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
        of="omniglot_background_small, test set",
    )
    return images, labels
