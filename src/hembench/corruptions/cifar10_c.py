"""CIFAR10-C (Hendrycks & Dietterich 2019) as published: 19 corruptions of CIFAR10's test images.

Each has 5 severities. The first 15 are its article's, the last four (EXTRA) were published beside them. The paper
speaks of 18 and does not say which one is left out: a study lists members, or the set for all of them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.corruptions._published import read_array
from hembench.datasets._checksum import check_raw

SOURCE = "https://zenodo.org/records/2535967"
LICENCE = "CC BY 4.0 (Dan Hendrycks and Thomas Dietterich)"
FILES = {"CIFAR-10-C.tar": "c72763e101c723b7c507b96205f7e938912a5d587376173b825850cf3cb876a7"}
"""2,918,471,680 bytes; the sha256 is that of TensorFlow Datasets' list of checksums."""

MIRRORS = ("https://zenodo.org/records/2535967/files/",)
COMPLETE = True
OF = "cifar10"
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
"""Members that are not among the 15 of the article."""


def fetch(folder: Path) -> None:
    """Download the archive (2.9 GB) if it is not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def read(folder: Path, member: str, severity: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the corrupted test images and their labels: uint8 (10000, 3, 32, 32) and int64 (10000,).

    Args:
        folder: holds the archive, which is not unpacked.
        member: name of the corruption.
        severity: 1 to 5.

    Raises:
        DataError: the archive is missing or another one, or lacks the corruption; an array is damaged or has
            another shape or type; there is no such severity.
    """
    if severity not in SEVERITIES:
        raise DataError(f"cifar10_c, {member}: no severity {severity}; it has 1 to 5.")
    check_raw(folder, FILES)
    return read_array(folder / next(iter(FILES)), member, severity, (SIZES["test"], 32, 32))
