"""FashionMNIST: 10,000 test images of clothes, 28x28 grey, white on black (Xiao et al. 2017); no training part."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.datasets._idx import read_idx
from hembench.datasets._raw import check_files, check_set

SOURCE = "https://github.com/zalandoresearch/fashion-mnist"
LICENCE = "MIT (Zalando SE)"
FILES = {
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
)
COMPLETE = True
NUM_CLASSES = 10
IMAGE_SHAPE = (1, 28, 28)
SIZES = {"test": 10_000}


def fetch(folder: Path) -> None:
    """Download the files that are not in ``folder`` yet.

    Raises:
        DataError: one can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images and labels: uint8 (10000, 1, 28, 28) and int64 (10000,).

    Raises:
        DataError: a raw file is missing or another one.
    """
    check_files(folder, FILES)
    images = read_idx(folder / "t10k-images-idx3-ubyte.gz")[:, np.newaxis]
    labels = read_idx(folder / "t10k-labels-idx1-ubyte.gz").astype(np.int64)
    check_set(
        images,
        labels,
        size=SIZES["test"],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of="fashion_mnist, test set",
    )
    return images, labels
