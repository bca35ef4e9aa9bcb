"""TinyImageNet: 110,000 photographs of 200 kinds of things, 64x64 in colour (Le & Yang 2015).

The official validation part serves as test set: the labels of the official test part were never published. A
label is the place of the kind's WordNet number in their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.datasets._archive import members
from hembench.datasets._checksum import check_raw
from hembench.datasets._pictures import decoded, unframed
from hembench.datasets._raw import check_set

SOURCE = "http://cs231n.stanford.edu/ (Tiny ImageNet challenge)"
LICENCE = "ImageNet's terms of access: non-commercial research and education"
FILES = {"tiny-imagenet-200.zip": "md5:90528d7ca1a48142e341f4ef8d21d0de"}
"""248,100,043 bytes; the md5 that public readers of the set check (Avalanche, torch-uncertainty)."""

MIRRORS = ("http://cs231n.stanford.edu/",)
COMPLETE = True
NUM_CLASSES = 200
IMAGE_SHAPE = (3, 64, 64)
SIZES = {"train": 100_000, "test": 10_000}

LARGEST = 150_000
"""Members of the archive: 120,000 photographs, lists and folders."""

BYTES = 1_000_000_000
ROOT = "tiny-imagenet-200"


def fetch(folder: Path) -> None:
    """Download the archive if it is not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def train(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (100000, 3, 64, 64) and int64 (100000,).

    Kind by kind, then by their numbers.

    Raises:
        DataError: the archive is missing or another one, or holds other photographs.
    """
    return _part(folder, "train")


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the validation images and labels: uint8 (10000, 3, 64, 64) and int64 (10000,).

    Kind by kind, then by their numbers: the order of Tiny-ImageNet-C.

    Raises:
        DataError: the archive is missing or another one, or holds other photographs.
    """
    return _part(folder, "test")


def _part(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    lists = dict(_lists(path))
    try:
        kinds = sorted(lists[f"{ROOT}/wnids.txt"].split())
        labels_of = _validation(lists[f"{ROOT}/val/val_annotations.txt"]) if part == "test" else {}
    except (KeyError, ValueError, IndexError) as error:
        raise DataError(f"{path}: its lists can't be read ({error}).") from None
    images = np.empty((SIZES[part], *IMAGE_SHAPE), dtype=np.uint8)
    labels = np.full(SIZES[part], -1, dtype=np.int64)
    for name, content in members(path, count=LARGEST, size=BYTES):
        found = _place(name, part, kinds, labels_of)
        if found is None:
            continue
        place, label = found
        if not 0 <= place < len(labels) or labels[place] != -1:
            raise DataError(f"{path}: {name} is no photograph of the official set.")
        images[place] = unframed(decoded(content, f"{path}: {name}"), IMAGE_SHAPE[1], f"{path}: {name}")
        labels[place] = label
    if (labels == -1).any():
        raise DataError(f"{path}: {(labels == -1).sum()} of {len(labels)} photographs are missing.")
    check_set(
        images,
        labels,
        size=SIZES[part],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of=f"tiny_imagenet, {part} set",
    )
    if part == "test":
        order = np.argsort(labels, kind="stable")
        images, labels = images[order], labels[order]
    return images, labels


def _lists(path: Path) -> list[tuple[str, str]]:
    """Return the two lists that both parts need, by name."""
    wanted = {f"{ROOT}/wnids.txt", f"{ROOT}/val/val_annotations.txt"}
    found = []
    for name, content in members(path, count=LARGEST, size=BYTES):
        if name in wanted:
            found.append((name, content.decode("ascii", "replace")))
            if len(found) == len(wanted):
                break
    return found


def _validation(annotations: str) -> dict[str, str]:
    """Return the WordNet number of each validation image, by its file: lines of val_0.JPEG, n03444034, a box."""
    return {line.split("\t")[0]: line.split("\t")[1] for line in annotations.splitlines()}


def _place(name: str, part: str, kinds: list[str], labels_of: Mapping[str, str]) -> tuple[int, int] | None:
    """Return (place in the set, label) of a member; None if it is no photograph of this part.

    Training: train/<kind>/images/<kind>_<number>.JPEG, class by class; validation: val/images/val_<number>.JPEG.
    """
    inner = name.removeprefix(f"{ROOT}/").split("/")
    stem, _, ending = inner[-1].partition(".")
    number = stem.rpartition("_")[2]
    if ending != "JPEG" or not number.isdecimal():
        return None
    if part == "test":
        if inner[:2] != ["val", "images"] or inner[-1] not in labels_of or labels_of[inner[-1]] not in kinds:
            return None
        return int(number), kinds.index(labels_of[inner[-1]])
    if inner[0] != "train" or inner[1] not in kinds:
        return None
    label = kinds.index(inner[1])
    each = SIZES["train"] // NUM_CLASSES
    return (label * each + int(number), label) if int(number) < each else (-1, label)
