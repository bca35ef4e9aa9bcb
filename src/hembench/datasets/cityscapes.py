"""Cityscapes, fine labels: 3,475 street scenes, 1024x2048, 19 classes for each pixel (Cordts et al. 2016).

The official training part (2,975) and, as test set, the official validation part (500): the labels of the official
test part were never published. Both archives are read as they lie, pictures and labels when they are asked for.
Classes in the order of the official train ids: road, sidewalk, building, wall, fence, pole, traffic light, traffic
sign, vegetation, terrain, sky, person, rider, car, truck, bus, train, motorcycle, bicycle; all else is ignored.

This reader was tried on made archives of that layout; the published ones were not at hand.
"""

from __future__ import annotations

import weakref
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.datasets._archive import BROKEN
from hembench.datasets._checksum import check_raw
from hembench.datasets._dense import Decoded, labels_in, picture
from hembench.datasets._present import check_present

SOURCE = "https://www.cityscapes-dataset.com/downloads/"
LICENCE = "Cityscapes' terms: non-commercial research, teaching, personal experimentation; no passing on"
FILES = {
    "leftImg8bit_trainvaltest.zip": "md5:0a6e97e94b616a514066c9e2adb0c97f",
    "gtFine_trainvaltest.zip": "md5:4237c19de34c8a376e9ba46b495d6f66",
}
"""11 GB and 241 MB; the md5 that the download page shows after login."""

COMPLETE = True
NUM_CLASSES = 19
CLASSES = (
    "road",
    "sidewalk",
    "building",
    "wall",
    "fence",
    "pole",
    "traffic light",
    "traffic sign",
    "vegetation",
    "terrain",
    "sky",
    "person",
    "rider",
    "car",
    "truck",
    "bus",
    "train",
    "motorcycle",
    "bicycle",
)
IGNORED = 255
"""Label of pixels that take no part; a data-set that has it has a label for each pixel."""

IMAGE_SHAPE = (3, 1024, 2048)
SIZES = {"train": 2_975, "test": 500}
LARGE = True
"""Its sets fit no memory."""

PARTS = {"train": "train", "test": "val"}

LABELLED = 34
"""Official label ids are 0 to 33."""

CLASS_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
"""The label id of each class."""

STEPS = (
    "1. Register at https://www.cityscapes-dataset.com/register/ (an address of your institution helps).",
    "2. Log in; at https://www.cityscapes-dataset.com/downloads/ take this file, and do not unpack it.",
)


def fetch(folder: Path) -> None:
    """Compare the archives with their checksums; they are behind a login and can't be downloaded.

    Raises:
        DataError: one is missing or another one; the message says how to get it, step by step.
    """
    check_present(folder, FILES, dict.fromkeys(FILES, STEPS))


def train(folder: Path) -> tuple[Decoded, Decoded]:
    """Return the training images and labels, read when asked for: uint8 (2975, 3, 1024, 2048), (2975, 1024, 2048).

    City by city, in the order of the names.

    Raises:
        DataError: an archive is missing or another one, or holds other scenes.
    """
    return _part(folder, "train")


def test(folder: Path) -> tuple[Decoded, Decoded]:
    """Return the validation images and labels, read when asked for: uint8 (500, 3, 1024, 2048), (500, 1024, 2048).

    City by city, in the order of the names.

    Raises:
        DataError: an archive is missing or another one, or holds other scenes.
    """
    return _part(folder, "test")


def _part(folder: Path, part: str) -> tuple[Decoded, Decoded]:
    check_raw(folder, FILES)
    pictures, labels = (folder / name for name in FILES)
    scenes = _named(pictures, f"leftImg8bit/{PARTS[part]}/", "_leftImg8bit.png")
    labelled = _named(labels, f"gtFine/{PARTS[part]}/", "_gtFine_labelIds.png")
    if scenes.keys() != labelled.keys() or len(scenes) != SIZES[part]:
        raise DataError(
            f"cityscapes, {part} set: {len(scenes)} pictures and {len(labelled)} label maps, "
            f"{len(scenes.keys() & labelled.keys())} of them of the same scene; expected {SIZES[part]}."
        )
    order = sorted(scenes)
    known = _known()
    return (
        _decoded(pictures, [scenes[scene] for scene in order], IMAGE_SHAPE, picture),
        _decoded(
            labels,
            [labelled[scene] for scene in order],
            IMAGE_SHAPE[1:],
            lambda content, of: labels_in(content, known, of),
        ),
    )


def _known() -> np.ndarray:
    """Return what each value of a label map stands for: int (256,), see ``_dense.labels_in``.

    Licence plates have the id -1, which is drawn nowhere; as a grey value it would be 255.
    """
    known = np.full(256, -1)
    known[:LABELLED] = known[-1] = IGNORED
    known[list(CLASS_IDS)] = range(NUM_CLASSES)
    return known


def _named(archive: Path, start: str, end: str) -> dict[str, str]:
    """Return the members of an archive between ``start`` and ``end``: scene -> name."""
    try:
        with zipfile.ZipFile(archive) as members:
            names = [name for name in members.namelist() if name.startswith(start) and name.endswith(end)]
    except BROKEN as error:
        raise DataError(f"{archive}: not a whole zip archive ({error}). Delete it and get it again.") from None
    return {name.removeprefix(start).removesuffix(end): name for name in names}


def _decoded(
    archive: Path, names: list[str], shape: tuple[int, ...], decode: Callable[..., np.ndarray]
) -> Decoded:
    members = zipfile.ZipFile(archive)  # closed with the arrays that read from it

    def read(number: int) -> np.ndarray:
        of = f"{archive}: {names[number]}"
        try:
            content = members.read(names[number])
        except BROKEN as error:
            raise DataError(f"{of}: can't be read ({error}).") from None
        array = decode(content, of)
        if array.shape != shape:
            raise DataError(f"{of}: {array.shape[-1]}x{array.shape[-2]} pixels, expected {shape[-1]}x{shape[-2]}.")
        return array

    found = Decoded(read, len(names), shape)
    weakref.finalize(found, members.close)
    return found
