"""MNIST-C (Mu & Gilmer 2019) as published: 15 corruptions of MNIST's test images, out of the authors' archive.

The name stands for its members, mnist_c_<member>. The archive's 16th folder, identity, is the clean test set and
is left out. The archive is read as it is: its sha256 shows that it is the published one, and an unpacked folder
can't show that.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.datasets._raw import check_files

SOURCE = "https://zenodo.org/record/3239543"
LICENCE = "CC BY 4.0 (Norman Mu and Justin Gilmer)"
FILES = {"mnist_c.zip": "af9ee8c6a815870c7fdde5af84c7bf8db0bcfa1f41056db83871037fba70e493"}
MIRRORS = ("https://zenodo.org/record/3239543/files/",)
COMPLETE = True
OF = "mnist"
SIZES = {"test": 10_000}
SEVERITIES = (1,)

MEMBERS = (
    "shot_noise",
    "impulse_noise",
    "glass_blur",
    "motion_blur",
    "shear",
    "scale",
    "rotate",
    "brightness",
    "translate",
    "stripe",
    "fog",
    "spatter",
    "dotted_line",
    "zigzag",
    "canny_edges",
)
"""Folders of the archive, in the order of its article."""

LARGEST = 16 * 2**20
"""Bytes: no array of the archive is larger; 10,000 images have 8 million."""


def fetch(folder: Path) -> None:
    """Download the archive (228 MB) if it is not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def read(folder: Path, member: str, severity: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the corrupted test images and their labels: uint8 (10000, 1, 28, 28) and int64 (10000,).

    Args:
        folder: holds the archive, which is not unpacked.
        member: name of the corruption.
        severity: 1, the only one.

    Raises:
        DataError: the archive is missing or another one, or lacks the corruption; an array is damaged or has
            another shape or type; there is no such severity.
    """
    if severity not in SEVERITIES:
        raise DataError(f"mnist_c, {member}: no severity {severity}; it has one, 1.")
    check_files(folder, FILES)
    path = folder / "mnist_c.zip"
    with zipfile.ZipFile(path) as archive:
        images = _array(path, archive, f"{member}/test_images.npy")
        labels = _array(path, archive, f"{member}/test_labels.npy")
    count = SIZES["test"]
    if images.dtype != np.uint8 or images.shape not in ((count, 28, 28, 1), (count, 28, 28)):
        raise DataError(
            f"{path}: images of {member} are {images.dtype} {images.shape}, expected {count} of 28x28."
        )
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise DataError(
            f"{path}: labels of {member} are {labels.dtype} {labels.shape}, expected {count} integers."
        )
    return np.ascontiguousarray(images.reshape(count, 1, 28, 28)), labels.astype(np.int64)


def _array(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """Return one array of the archive, wherever in it the folder of the corruption lies."""
    found = [info for info in archive.infolist() if f"/{info.filename}".endswith(f"/{name}")]
    if len(found) != 1 or found[0].file_size > LARGEST:
        size = f" of {found[0].file_size} bytes" if len(found) == 1 else ""
        raise DataError(f"{path}: {len(found)} files {name}{size}, expected one of at most {LARGEST} bytes.")
    try:
        array: np.ndarray = np.lib.format.read_array(io.BytesIO(archive.read(found[0])), allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: {name} is damaged ({error}).") from None
    return array
