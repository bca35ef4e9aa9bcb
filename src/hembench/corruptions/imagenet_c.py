"""ImageNet-C (Hendrycks & Dietterich 2019) as published: 19 corruptions of ImageNet1k's validation images.

Each has 5 severities. The pictures have 224x224 pixels already. The first 15 are its article's, the last four
(EXTRA) were published beside them. The paper speaks of 18 and does not say which one is left out: a study lists
members, or the set for all of them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.corruptions._published import read_tree
from hembench.datasets._checksum import check_raw
from hembench.datasets._pictures import Pictures

SOURCE = "https://zenodo.org/records/2235448"
LICENCE = "CC BY 4.0 (Dan Hendrycks and Thomas Dietterich); the photographs' own terms are ImageNet's"
FILES = {
    "noise.tar": "md5:e80562d7f6c3f8834afb1ecf27252745",
    "blur.tar": "md5:2d8e81fdd8e07fef67b9334fa635e45c",
    "weather.tar": "md5:33ffea4db4d93fe4a428c40a6ce0c25d",
    "digital.tar": "md5:89157860d7b10d5797849337ca2e5c03",
    "extra.tar": "md5:d492dfba5fc162d8ec2c3cd8ee672984",
}
"""The md5 that public readers of the set check (torch-uncertainty); no sha256 is published."""

MIRRORS = ("https://zenodo.org/records/2235448/files/",)
COMPLETE = True
OF = "imagenet1k"
SIZES = {"test": 50_000}
SEVERITIES = (1, 2, 3, 4, 5)
LARGE = True
"""One severity takes 7.5 GB of memory."""

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

ARCHIVES = {
    "noise.tar": ("gaussian_noise", "shot_noise", "impulse_noise"),
    "blur.tar": ("defocus_blur", "glass_blur", "motion_blur", "zoom_blur"),
    "weather.tar": ("snow", "frost", "fog", "brightness"),
    "digital.tar": ("contrast", "elastic_transform", "pixelate", "jpeg_compression"),
    "extra.tar": ("speckle_noise", "gaussian_blur", "spatter", "saturate"),
}
"""Which corruptions each archive holds."""


def fetch(folder: Path) -> None:
    """Download the archives (tens of GB) that are not in ``folder`` yet.

    Raises:
        DataError: one can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def read(folder: Path, member: str, severity: int) -> tuple[Pictures, np.ndarray]:
    """Return the corrupted images and their labels: uint8 (50000, 3, 224, 224), read when asked for, and int64,
    kind by kind.

    Args:
        folder: holds the archives, which are not unpacked; only that of the corruption is read.
        member: name of the corruption.
        severity: 1 to 5.

    Raises:
        DataError: the archive is missing or another one, or lacks the corruption; there is no such severity or
            corruption. When images are asked for: one is damaged or has another size.
    """
    if severity not in SEVERITIES:
        raise DataError(f"imagenet_c, {member}: no severity {severity}; it has 1 to 5.")
    if member not in MEMBERS:
        raise DataError(f"imagenet_c: no corruption {member}.")
    name = next(archive for archive, inside in ARCHIVES.items() if member in inside)
    check_raw(folder, {name: FILES[name]})
    return read_tree(folder / name, member, severity, count=SIZES["test"], num_classes=1_000, side=224)
