"""Omniglot's two minimal background splits: 4,840 drawings of 242 characters, 105x105, black on white (Lake 2015).

The published archives hold 2,720 and 3,120 images. All Greek and Latin characters are in both, byte for byte:
these 1,000 images count once here. This is not the evaluation part that the paper uses: it has its own name.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from hembench.core.errors import DataError
from hembench.datasets._present import check_present
from hembench.datasets._raw import check_files, check_set

SOURCE = "https://github.com/brendenlake/omniglot"
LICENCE = "MIT (Brenden Lake)"
FILES = {
    "images_background_small1.zip": "f38eb80f801274ac2b4dff5b24289016bfaba4a7d5bb50deebf27104ad6cb8a4",
    "images_background_small2.zip": "3ccaa407515a8778e5d0861875af38b17e418f301ad5bb3b5a6b65d901a41c7f",
}
URLS = {
    "images_background_small1.zip": "https://github.com/brendenlake/omniglot/raw/master/python/images_background_small1.zip",
    "images_background_small2.zip": "https://github.com/brendenlake/omniglot/raw/master/python/images_background_small2.zip",
}
COMPLETE = False
NUM_CLASSES = 242
IMAGE_SHAPE = (1, 105, 105)
SIZES = {"test": 4_840}


def fetch(folder: Path) -> None:
    """Check the two archives in ``folder``.

    Raises:
        DataError: one is missing or another one; the message says where to get it.
    """
    check_present(folder, FILES, URLS)


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels: uint8 (4840, 1, 105, 105), 0 is ink and 255 paper, and int64 (4840,).

    Sorted by alphabet, character and drawer; a label is the place of its character in that order.

    Raises:
        DataError: an archive is missing or another one, or holds something else than such drawings.
    """
    check_files(folder, FILES)
    drawings: dict[tuple[str, str, str], np.ndarray] = {}
    for name in FILES:
        drawings |= _drawings(folder / name)
    order = sorted(drawings)
    characters = {character: number for number, character in enumerate(sorted({key[:2] for key in order}))}
    images = np.stack([drawings[key] for key in order])[:, np.newaxis]
    labels = np.array([characters[key[:2]] for key in order], dtype=np.int64)
    check_set(
        images,
        labels,
        size=SIZES["test"],
        image_shape=IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        of="omniglot_background_small, test set",
    )
    return images, labels


def _drawings(path: Path) -> dict[tuple[str, str, str], np.ndarray]:
    """Return the drawings of an archive, uint8 (105, 105), by (alphabet, character, file); nothing is unpacked.

    The folder's name at the root (one for each archive) is left out: it would tell the copies apart.
    """
    found = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if not member.endswith(".png"):
                continue
            try:
                _, alphabet, character, file = member.split("/")
                with Image.open(io.BytesIO(archive.read(member))) as image:
                    found[alphabet, character, file] = np.asarray(image.convert("L"))
            except (ValueError, UnidentifiedImageError) as error:
                raise DataError(f"{path}: {member} is no drawing of a character ({error}).") from None
    return found
