"""ImageNet-O: 2,000 photographs of nothing that ImageNet1k has, which fool its networks (Hendrycks 2021).

One of the paper's OOD sets for TinyImageNet and ImageNet1k. The photographs have many sizes: their short side
becomes 256 pixels, the centre is kept.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.datasets._checksum import check_raw
from hembench.datasets._pictures import members_framed, names_in
from hembench.datasets._raw import check_set

SOURCE = "https://github.com/hendrycks/natural-adv-examples"
LICENCE = "MIT (Dan Hendrycks, the repository); the photographs' own terms are ImageNet's"
FILES = {"imagenet-o.tar": "md5:86bd7a50c1c4074fb18fc5f219d6d50b"}
"""The md5 that public readers of the set check (torch-uncertainty, pytorch-ood); no sha256 is published."""

MIRRORS = ("https://people.eecs.berkeley.edu/~hendrycks/",)
COMPLETE = True
NUM_CLASSES = 200
IMAGE_SHAPE = (3, 256, 256)
SIZES = {"test": 2_000}

LARGEST = 5_000
BYTES = 4_000_000_000
PICTURES = (".jpeg", ".jpg", ".png")


def fetch(folder: Path) -> None:
    """Download the archive if it is not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels: uint8 (2000, 3, 256, 256) and int64 (2000,), sorted by name.

    A label is the place of the photograph's folder: the class of ImageNet1k that it is taken for, which it is not.

    Raises:
        DataError: the archive is missing or another one, or holds other photographs.
    """
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    found = names_in(path, count=LARGEST, size=BYTES)
    names = sorted(name for name in found if name.lower().endswith(PICTURES) and name.count("/") == 2)
    folders = sorted({name.split("/")[1] for name in names})
    images = members_framed(
        path,
        {name: place for place, name in enumerate(names)},
        side=IMAGE_SHAPE[1],
        short=IMAGE_SHAPE[1],
        count=LARGEST,
        size=BYTES,
    )
    labels = np.array([folders.index(name.split("/")[1]) for name in names], dtype=np.int64)
    check_set(
        images,
        labels,
        size=SIZES["test"],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of="imagenet_o, test set",
    )
    return images, labels
