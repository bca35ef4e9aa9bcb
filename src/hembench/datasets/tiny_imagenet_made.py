"""A made set in TinyImageNet's layout, for trials without downloads: 5 kinds of stripes, 64x64 in colour.

Everything that TinyImageNet goes through can be tried on it; scores on it mean nothing.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hembench.core.atomic import write_bytes
from hembench.datasets._checksum import check_raw
from hembench.datasets._longtail import kept
from hembench.datasets._made import made_picture
from hembench.datasets._present import check_present
from hembench.datasets._tiny_imagenet import ROOT, read_part

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge, Le

SOURCE = "made by `hembench data fetch tiny_imagenet_made`"
LICENCE = "that of this project"
FILES = {"tiny-imagenet-made.zip": "5635dbafa6efd5ddcd1341718268041a0eb0bbc647a52861d2ee0539db3042f8"}
COMPLETE = False
NUM_CLASSES = 5
IMAGE_SHAPE = (3, 64, 64)
SIZES = {"train": 100, "test": 50}


def fetch(folder: Path) -> None:
    """Make the archive if it is not in ``folder`` yet.

    Raises:
        DataError: it is there and is another one, or another library version makes other bytes.
    """
    kinds = [f"n{number:08}" for number in range(NUM_CLASSES)]
    files = {"wnids.txt": "\n".join(kinds).encode()}
    for number in range(SIZES["train"]):
        kind, own = number % NUM_CLASSES, number // NUM_CLASSES
        name = f"train/{kinds[kind]}/images/{kinds[kind]}_{own}.JPEG"
        files[name] = made_picture(kind, own, *IMAGE_SHAPE[1:])
    lines = []
    for number in range(SIZES["test"]):
        kind = number % NUM_CLASSES
        files[f"val/images/val_{number}.JPEG"] = made_picture(kind, 100 + number, *IMAGE_SHAPE[1:])
        lines.append(f"val_{number}.JPEG\t{kinds[kind]}\t0\t0\t63\t63")
    files["val/val_annotations.txt"] = "\n".join(lines).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"{ROOT}/{name}"), content)  # of 1980: no time in it
    path = folder / next(iter(FILES))
    if not path.is_file():
        write_bytes(path, stream.getvalue())
    check_present(folder, FILES, dict.fromkeys(FILES, ("delete it: it is made anew",)))


def train(
    folder: Path, *, per_class: Annotated[int, Ge(1), Le(20)] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (100, 3, 64, 64) and int64 (100,), kind by kind.

    Args:
        folder: holds the archive.
        per_class: keep the first so many images of each kind; null keeps all.

    Raises:
        DataError: the archive is missing or another one.
    """
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    images, labels = read_part(path, "train", sizes=SIZES, num_classes=NUM_CLASSES, of="tiny_imagenet_made")
    chosen = kept(labels, NUM_CLASSES, 1.0, per_class)
    return images[chosen], labels[chosen]


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images and labels: uint8 (50, 3, 64, 64) and int64 (50,), kind by kind.

    Raises:
        DataError: the archive is missing or another one.
    """
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    return read_part(path, "test", sizes=SIZES, num_classes=NUM_CLASSES, of="tiny_imagenet_made")
