"""SVHN: 26,032 test images of house numbers, one digit each, 32x32 in colour (Netzer 2011); no training part.

One of the paper's OOD sets for CIFAR10 and CIFAR100. A label is the digit; the file's 10 is a zero.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from hembench.core.errors import DataError
from hembench.datasets._checksum import check_raw
from hembench.datasets._raw import check_set

SOURCE = "http://ufldl.stanford.edu/housenumbers/"
LICENCE = "none stated; the page marks its archives of whole numbers 'for non-commercial use only'"
FILES = {"test_32x32.mat": "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"}
"""64,275,384 bytes; the sha256 is TensorFlow Datasets', torchvision has md5 eb5a983be6a315427106f1b164d9cef3."""

MIRRORS = ("http://ufldl.stanford.edu/housenumbers/",)
COMPLETE = True
NUM_CLASSES = 10
IMAGE_SHAPE = (3, 32, 32)
SIZES = {"test": 26_032}


def fetch(folder: Path) -> None:
    """Download the file if it is not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images and labels: uint8 (26032, 3, 32, 32) and int64 (26032,).

    Raises:
        DataError: the raw file is missing, another one or damaged.
    """
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    try:
        content = loadmat(path, variable_names=("X", "y"))
        pixels, digits = content["X"], content["y"]
        images = np.ascontiguousarray(pixels.transpose(3, 2, 0, 1))
    except (ValueError, TypeError, KeyError, OSError, NotImplementedError, MatReadError) as error:
        raise DataError(f"{path}: not a Matlab file with images X and labels y ({error}).") from None
    labels = digits.reshape(-1).astype(np.int64) % 10
    check_set(
        images,
        labels,
        size=SIZES["test"],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of="svhn, test set",
    )
    return images, labels
