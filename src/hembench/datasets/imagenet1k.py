"""ImageNet1k (ILSVRC 2012): 1,281,167 photographs for training, 50,000 for tests, 1,000 kinds (Russakovsky 2015).

The official validation part serves as test set: the labels of the official test part were never published. The
raw files are the official archives, read as they lie: unpacked folders can't show that they are whole. The short
side becomes 256 pixels, the centre of 224 is kept (the paper's A.1.4); photographs are decoded when they are asked
for. A label is the place of the kind's WordNet number in their order, as everywhere.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from hembench.core.errors import DataError
from hembench.datasets._archive import members
from hembench.datasets._checksum import check_raw
from hembench.datasets._imagenet import Named, kinds_in, pictures_of
from hembench.datasets._pictures import Pictures
from hembench.datasets._present import check_present
from hembench.datasets._tar import places

SOURCE = "https://image-net.org/challenges/LSVRC/2012/2012-downloads.php"
LICENCE = "ImageNet's terms of access: non-commercial research and education"
FILES = {
    "ILSVRC2012_img_train.tar": "b08200a27a8e34218a0e58fde36b0fe8f73bc377f4acea2d91602057c3ca45bb",
    "ILSVRC2012_img_val.tar": "c7e06a6c0baccf06d8dbeb6577d71efff84673a5dbdd50633ab44f8ea0456ae0",
    "ILSVRC2012_devkit_t12.tar.gz": "md5:fa75699e90414af021442c21a62c3abf",
}
"""147,897,477,120 and 6,744,924,160 bytes, sha256 of TensorFlow Datasets; the third as torchvision has it."""

COMPLETE = True
NUM_CLASSES = 1_000
IMAGE_SHAPE = (3, 224, 224)
SIZES = {"train": 1_281_167, "test": 50_000}
LARGE = True
"""Its sets fit no memory."""

SHORT = 256
"""Pixels: the short side before the centre is cut out."""

STEPS = (
    "1. Register at https://image-net.org/signup with an address of your institution.",
    "2. Ask for access and accept the terms at https://image-net.org/download.php.",
    "3. Log in; at https://image-net.org/challenges/LSVRC/2012/2012-downloads.php take this file, by this name, "
    "without unpacking it.",
)

LARGEST = 100
"""Members of the development kit."""

BYTES = 100_000_000


def fetch(folder: Path) -> None:
    """Compare the archives with their checksums; they are behind a login and can't be downloaded.

    Raises:
        DataError: one is missing or another one; the message says how to get it, step by step.
    """
    check_present(folder, FILES, dict.fromkeys(FILES, STEPS))


def train(folder: Path) -> tuple[Pictures, np.ndarray]:
    """Return the training images and labels: uint8 (1281167, 3, 224, 224), read when asked for, and int64.

    Kind by kind, then in the order of the archive.

    Raises:
        DataError: the archive is missing or another one, or holds other photographs.
    """
    name = "ILSVRC2012_img_train.tar"
    check_raw(folder, {name: FILES[name]})
    return _pictures(*kinds_in(folder / name), "train")


def test(folder: Path) -> tuple[Pictures, np.ndarray]:
    """Return the validation images and labels: uint8 (50000, 3, 224, 224), read when asked for, and int64.

    Kind by kind, then by their numbers: the order of ImageNet-C.

    Raises:
        DataError: an archive is missing or another one, or holds other photographs.
    """
    _, name, kit = FILES
    check_raw(folder, {name: FILES[name], kit: FILES[kit]})
    return _pictures(sorted(places(folder / name)), _validation_labels(folder / kit), "test")


def _pictures(named: Named, labels: list[int], part: str) -> tuple[Pictures, np.ndarray]:
    return pictures_of(
        named,
        labels,
        size=SIZES[part],
        num_classes=NUM_CLASSES,
        side=IMAGE_SHAPE[1],
        short=SHORT,
        of=f"imagenet1k, {part} set",
    )


def _validation_labels(kit: Path) -> list[int]:
    """Return the labels of the validation images by their numbers, out of the development kit.

    It counts kinds in an order of its own: meta.mat tells the WordNet number of each.
    """
    found = {Path(name).name: content for name, content in members(kit, count=LARGEST, size=BYTES)}
    try:
        numbers = [int(line) for line in found["ILSVRC2012_validation_ground_truth.txt"].split()]
        rows = loadmat(io.BytesIO(found["meta.mat"]), squeeze_me=True)["synsets"]
        kinds = {int(row["ILSVRC2012_ID"]): str(row["WNID"]) for row in rows if not int(row["num_children"])}
        order = {kind: place for place, kind in enumerate(sorted(kinds.values()))}
        return [order[kinds[number]] for number in numbers]
    except (KeyError, ValueError, TypeError, IndexError, OSError, MatReadError) as error:
        raise DataError(f"{kit}: its labels can't be read ({error!r}).") from None
