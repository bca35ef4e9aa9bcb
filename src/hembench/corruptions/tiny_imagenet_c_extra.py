"""Four more corruptions of Tiny-ImageNet-C's photographs, published beside the 15 of its article; 5 severities."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.corruptions._published import read_tree
from hembench.datasets._checksum import check_raw

SOURCE = "https://zenodo.org/records/8206060"
LICENCE = "CC BY 4.0 (Dan Hendrycks and Thomas Dietterich)"
FILES = {"Tiny-ImageNet-C-extra.tar": "md5:0db0588d243cf403ef93449ec52b70eb"}
"""The md5 that public readers of the set check (torch-uncertainty); no sha256 is published."""

MIRRORS = ("https://zenodo.org/records/8206060/files/",)
COMPLETE = True
OF = "tiny_imagenet"
SIZES = {"test": 10_000}
SEVERITIES = (1, 2, 3, 4, 5)

MEMBERS = (
    "speckle_noise",
    "gaussian_blur",
    "spatter",
    "saturate",
)


def fetch(folder: Path) -> None:
    """Download the archive if it is not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def read(folder: Path, member: str, severity: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the corrupted images and their labels: uint8 (10000, 3, 64, 64) and int64 (10000,), kind by kind.

    Args:
        folder: holds the archive, which is not unpacked.
        member: name of the corruption.
        severity: 1 to 5.

    Raises:
        DataError: the archive is missing or another one, or lacks the corruption; a picture is damaged or has
            another size; there is no such severity.
    """
    if severity not in SEVERITIES:
        raise DataError(f"tiny_imagenet_c_extra, {member}: no severity {severity}; it has 1 to 5.")
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    pictures, labels = read_tree(path, member, severity, count=SIZES["test"], num_classes=200, side=64)
    return np.asarray(pictures), labels
