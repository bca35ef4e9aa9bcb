"""FashionMNIST: 10,000 test images of clothes, 28x28 grey, white on black (Xiao et al. 2017); no training part."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.datasets._idx import read_idx
from hembench.datasets._present import check_present
from hembench.datasets._raw import check_files, check_set

SOURCE = "https://github.com/zalandoresearch/fashion-mnist"
LICENCE = "MIT (Zalando SE)"
FILES = {
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
URLS = {
    "t10k-images-idx3-ubyte.gz": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz",
}
COMPLETE = True
NUM_CLASSES = 10
IMAGE_SHAPE = (1, 28, 28)
SIZES = {"test": 10_000}


def fetch(folder: Path) -> None:
    """Check the two files in ``folder``.

    Raises:
        DataError: one is missing or another one; the message says where to get it.
    """
    check_present(folder, FILES, URLS)


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
