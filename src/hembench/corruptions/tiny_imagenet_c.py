"""Tiny-ImageNet-C (Hendrycks & Dietterich 2019) as published: 15 corruptions of 10,000 photographs.

Each has 5 severities. Four more are in an archive of their own: tiny_imagenet_c_extra. The paper speaks of 18 and
does not say which one of 19 is left out: a study lists sets and members. Its files are called test_<number>.JPEG:
they are known to be other photographs than TinyImageNet's of that name, and need not be those of the validation
part. Both have 50 of each kind, so in the order of kinds their labels agree.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.corruptions._published import read_tree
from hembench.datasets._checksum import check_raw

SOURCE = "https://zenodo.org/records/2536630"
LICENCE = "CC BY 4.0 (Dan Hendrycks and Thomas Dietterich)"
FILES = {"Tiny-ImageNet-C.tar": "md5:f9c9a9dbdc11469f0b850190f7ad8be1"}
"""The md5 that public readers of the set check (torch-uncertainty); no sha256 is published."""

MIRRORS = ("https://zenodo.org/records/8206060/files/", "https://zenodo.org/records/2536630/files/")
COMPLETE = True
OF = "tiny_imagenet"
SIZES = {"test": 10_000}
SEVERITIES = (1, 2, 3, 4, 5)

MEMBERS = (
    "gaussian_noise",
    "shot_noise",
    "impulse_noise",
    "defocus_blur",
    "glass_blur",
    "motion_blur",
    "zoom_blur",
    "snow",
    "frost",
    "fog",
    "brightness",
    "contrast",
    "elastic_transform",
    "pixelate",
    "jpeg_compression",
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
        raise DataError(f"tiny_imagenet_c, {member}: no severity {severity}; it has 1 to 5.")
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    pictures, labels = read_tree(path, member, severity, count=SIZES["test"], num_classes=200, side=64)
    return np.asarray(pictures), labels
