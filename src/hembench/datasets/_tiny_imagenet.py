"""TinyImageNet's archive: lists of kinds and labels, and photographs of 64x64 in folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.datasets._archive import members
from hembench.datasets._pictures import decoded, unframed
from hembench.datasets._raw import check_set

IMAGE_SHAPE = (3, 64, 64)

LARGEST = 150_000
"""Members of the archive: 120,000 photographs, lists and folders."""

BYTES = 1_000_000_000
ROOT = "tiny-imagenet-200"


def read_part(
    path: Path, part: str, *, sizes: Mapping[str, int], num_classes: int, of: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels of a part: uint8 (N, 3, 64, 64) and int64 (N,).

    Kind by kind, then by their numbers.

    Args:
        path: the archive.
        part: "train" or "test", which is the archive's validation part.
        sizes: images of each part; of the training part, each kind has as many.
        num_classes: number of kinds.
        of: the data-set's name, for messages.

    Raises:
        DataError: the archive is damaged, or holds other photographs.
    """
    lists = dict(_lists(path))
    try:
        kinds = sorted(lists[f"{ROOT}/wnids.txt"].split())
        labels_of = _validation(lists[f"{ROOT}/val/val_annotations.txt"]) if part == "test" else {}
    except (KeyError, ValueError, IndexError) as error:
        raise DataError(f"{path}: its lists can't be read ({error}).") from None
    size, each = sizes[part], sizes["train"] // num_classes
    images = np.empty((size, *IMAGE_SHAPE), dtype=np.uint8)
    labels = np.full(size, -1, dtype=np.int64)
    for name, content in members(path, count=LARGEST, size=BYTES):
        found = _tested(name, kinds, labels_of) if part == "test" else _trained_on(name, kinds, each)
        if found is None:
            continue
        place, label = found
        if not 0 <= place < size or labels[place] != -1:
            raise DataError(f"{path}: {name} is no photograph of the official set.")
        images[place] = unframed(decoded(content, f"{path}: {name}"), IMAGE_SHAPE[1], f"{path}: {name}")
        labels[place] = label
    if (labels == -1).any():
        raise DataError(f"{path}: {(labels == -1).sum()} of {size} photographs are missing.")
    check_set(images, labels, size=size, image_shape=IMAGE_SHAPE, num_classes=num_classes, of=f"{of}, {part} set")
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


def _trained_on(name: str, kinds: list[str], each: int) -> tuple[int, int] | None:
    """Return (place, label) of train/<kind>/images/<kind>_<number>.JPEG; None if it is no such photograph."""
    inner, number = _photograph(name)
    if number is None or inner[0] != "train" or inner[1] not in kinds:
        return None
    label = kinds.index(inner[1])
    return (label * each + number if number < each else -1), label


def _tested(name: str, kinds: list[str], labels_of: Mapping[str, str]) -> tuple[int, int] | None:
    """Return (number, label) of val/images/val_<number>.JPEG; None if it is no such photograph."""
    inner, number = _photograph(name)
    if number is None or inner[:2] != ["val", "images"] or labels_of.get(inner[-1]) not in kinds:
        return None
    return number, kinds.index(labels_of[inner[-1]])


def _photograph(name: str) -> tuple[list[str], int | None]:
    """Return the parts of a member's name below the root, and the number of a photograph."""
    inner = name.removeprefix(f"{ROOT}/").split("/")
    stem, _, ending = inner[-1].partition(".")
    number = stem.rpartition("_")[2]
    return inner, int(number) if ending == "JPEG" and number.isdecimal() else None
