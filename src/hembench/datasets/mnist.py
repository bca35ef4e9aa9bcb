"""MNIST: 70,000 handwritten digits, 28x28 grey, white on black (LeCun, Cortes & Burges 1998); official split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hembench.datasets._idx import read_idx
from hembench.datasets._longtail import kept
from hembench.datasets._raw import check_files, check_set

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge, Le

SOURCE = "http://yann.lecun.com/exdb/mnist/"
LICENCE = "CC BY-SA 3.0 (Yann LeCun and Corinna Cortes), as Keras' documentation states it"
FILES = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)
COMPLETE = True
NUM_CLASSES = 10
IMAGE_SHAPE = (1, 28, 28)
SIZES = {"train": 60_000, "test": 10_000}

STEM = {"train": "train", "test": "t10k"}
"""How the files of each part start."""


def fetch(folder: Path) -> None:
    """Download the files that are not in ``folder`` yet.

    Raises:
        DataError: one can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def train(
    folder: Path, *, per_class: Annotated[int, Ge(1), Le(5421)] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (60000, 1, 28, 28) and int64 (60000,), in file order.

    Args:
        folder: holds the raw files.
        per_class: keep the first so many images of each class, for trials; null keeps all.

    Raises:
        DataError: a raw file is missing or another one.
    """
    images, labels = _part(folder, "train")
    chosen = kept(labels, NUM_CLASSES, 1.0, per_class)
    return images[chosen], labels[chosen]


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images and labels: uint8 (10000, 1, 28, 28) and int64 (10000,).

    Raises:
        DataError: a raw file is missing or another one.
    """
    return _part(folder, "test")


def _part(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    files = [f"{STEM[part]}-images-idx3-ubyte.gz", f"{STEM[part]}-labels-idx1-ubyte.gz"]
    check_files(folder, {name: FILES[name] for name in files})
    images = read_idx(folder / files[0])[:, np.newaxis]
    labels = read_idx(folder / files[1]).astype(np.int64)
    check_set(
        images,
        labels,
        size=SIZES[part],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of=f"mnist, {part} set",
    )
    return images, labels
