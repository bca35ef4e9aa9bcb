"""A made set in the layout of ImageNet1k's training part, for trials without downloads: 5 kinds of stripes.

What ImageNet1k goes through can be tried on it, resizing and cutting included; scores on it mean nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.atomic import write_bytes
from hembench.datasets._checksum import check_raw
from hembench.datasets._imagenet import kinds_in, pictures_of
from hembench.datasets._made import made_picture, made_tar
from hembench.datasets._pictures import Pictures
from hembench.datasets._present import check_present

SOURCE = "made by `hembench data fetch imagenet1k_made`"
LICENCE = "that of this project"
FILES = {
    "made_train.tar": "322dc2907a60715675e34fc56b7d66274475710f3540cb3610f765252ee60f67",
    "made_val.tar": "8f3b328e04b0f1fbd10b2d848d41cb1fe7855370a6257b637acde68e8574b517",
}
COMPLETE = False
NUM_CLASSES = 5
IMAGE_SHAPE = (3, 224, 224)
SIZES = {"train": 40, "test": 20}
LARGE = True
"""They would fit; ImageNet1k's don't, and what it goes through is to be tried."""

SHORT = 256
"""Pixels: the short side before the centre is cut out."""

WIDTH, HEIGHT = 200, 150


def fetch(folder: Path) -> None:
    """Make the archives that are not in ``folder`` yet.

    Raises:
        DataError: one is there and is another one, or another library version makes other bytes.
    """
    for name, part in zip(FILES, SIZES, strict=True):
        each = SIZES[part] // NUM_CLASSES
        first = 0 if part == "train" else 100
        kinds = {
            f"n{kind:08}.tar": made_tar(
                {
                    f"n{kind:08}_{number}.JPEG": made_picture(kind, first + number, WIDTH, HEIGHT)
                    for number in range(each)
                }
            )
            for kind in range(NUM_CLASSES)
        }
        if not (folder / name).is_file():
            write_bytes(folder / name, made_tar(kinds))
    check_present(folder, FILES, dict.fromkeys(FILES, ("delete it: it is made anew",)))


def train(folder: Path) -> tuple[Pictures, np.ndarray]:
    """Return the training images and labels: uint8 (40, 3, 224, 224), read when asked for, and int64 (40,).

    Kind by kind.

    Raises:
        DataError: the archive is missing or another one.
    """
    return _part(folder, "train")


def test(folder: Path) -> tuple[Pictures, np.ndarray]:
    """Return the test images and labels: uint8 (20, 3, 224, 224), read when asked for, and int64 (20,).

    Kind by kind.

    Raises:
        DataError: the archive is missing or another one.
    """
    return _part(folder, "test")


def _part(folder: Path, part: str) -> tuple[Pictures, np.ndarray]:
    name = "made_train.tar" if part == "train" else "made_val.tar"
    check_raw(folder, {name: FILES[name]})
    return pictures_of(
        *kinds_in(folder / name),
        size=SIZES[part],
        num_classes=NUM_CLASSES,
        side=IMAGE_SHAPE[1],
        short=SHORT,
        of=f"imagenet1k_made, {part} set",
    )
