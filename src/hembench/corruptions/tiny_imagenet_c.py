"""Tiny-ImageNet-C (Hendrycks & Dietterich 2019) as published: 19 corruptions of 10,000 photographs.

Each has 5 severities. The first 15 are its article's, the last four (EXTRA) were published beside them, in an
archive of their own. The paper speaks of 18 and does not say which one is left out: a study lists members, or the
set for all of them. Its files are called test_<number>.JPEG: they are known to be other photographs than
TinyImageNet's of that name, and need not be those of the validation part. Both have 50 of each kind, so in the
order of kinds their labels agree.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.corruptions._published import read_tree
from hembench.datasets._checksum import check_raw

SOURCE = "https://zenodo.org/records/8206060"
LICENCE = "CC BY 4.0 (Dan Hendrycks and Thomas Dietterich)"
FILES = {
    "Tiny-ImageNet-C.tar": "md5:f9c9a9dbdc11469f0b850190f7ad8be1",
    "Tiny-ImageNet-C-extra.tar": "md5:0db0588d243cf403ef93449ec52b70eb",
}
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
    "speckle_noise",
    "gaussian_blur",
    "spatter",
    "saturate",
)
EXTRA = ("speckle_noise", "gaussian_blur", "spatter", "saturate")
"""Members that are not among the 15 of the article; they are in the second archive."""


def fetch(folder: Path) -> None:
    """Download the archives that are not in ``folder`` yet.

    Raises:
        DataError: one can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def read(folder: Path, member: str, severity: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the corrupted images and their labels: uint8 (10000, 3, 64, 64) and int64 (10000,), kind by kind.

    Args:
        folder: holds the archives, which are not unpacked; only that of the corruption is read.
        member: name of the corruption.
        severity: 1 to 5.

    Raises:
        DataError: the archive is missing or another one, or lacks the corruption; a picture is damaged or has
            another size; there is no such severity or corruption.
    """
    if severity not in SEVERITIES:
        raise DataError(f"tiny_imagenet_c, {member}: no severity {severity}; it has 1 to 5.")
    if member not in MEMBERS:
        raise DataError(f"tiny_imagenet_c: no corruption {member}.")
    main, extra = FILES
    name = extra if member in EXTRA else main
    check_raw(folder, {name: FILES[name]})
    pictures, labels = read_tree(folder / name, member, severity, count=SIZES["test"], num_classes=200, side=64)
    return np.asarray(pictures), labels
