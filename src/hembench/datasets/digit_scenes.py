"""Digit scenes: handwritten digits on photographs, 32x32 pixels, a label for each pixel. Made here, for trials.

The digits 0 to 4 of scikit-learn, 8x8 pixels, in white on pieces of the two photographs that it carries. Each
quarter of a scene holds at most one digit, so that none covers another; a digit is half as frequent as the one
before it. All is drawn from the data-set's name: every machine makes the same scenes. Training scenes take digits
of the digits' training part and the left of the photographs, test scenes those of the test part and the right.

Class 0 is the photograph, class d + 1 the digit d where its ink covers at least half of a pixel. Pixels with less
ink are on its edge, part digit and part photograph, and ignored.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.streams import numpy_stream
from hembench.datasets import digits
from hembench.datasets._bundled import take_bundled
from hembench.datasets._dense import check_dense, picture
from hembench.datasets._raw import check_files

SOURCE = "scikit-learn: sklearn/datasets/data/digits.csv.gz, sklearn/datasets/images/china.jpg and flower.jpg"
LICENCE = "digits CC BY 4.0 (UCI); photographs CC BY 2.0 (china.jpg by danielbuechele, flower.jpg by vultilion)"
FILES = {
    "digits.csv.gz": "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
    "china.jpg": "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29",
    "flower.jpg": "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638",
}
COMPLETE = True
NUM_CLASSES = 6
CLASSES = ("photograph", "0", "1", "2", "3", "4")
IGNORED = 255
"""Label of pixels that take no part; a data-set that has it has a label for each pixel."""

IMAGE_SHAPE = (3, 32, 32)
SIZES = {"train": 200, "test": 100}

QUARTERS = ((0, 0), (0, 16), (16, 0), (16, 16))
"""Upper left corners of the places for digits."""

ROOM = 9
"""Rows, and columns, where the corner of a digit of 8x8 may lie in its quarter of 16x16."""

PRESENT = 0.75
"""Probability that a quarter holds a digit."""

SHARES = np.array([16, 8, 4, 2, 1]) / 31
"""How often each digit is drawn: the last is rare."""

LEFT = 400
"""Columns of the photographs, out of 640, that training scenes are cut from."""


def fetch(folder: Path) -> None:
    """Copy the files out of the installed scikit-learn, which is not imported.

    Raises:
        DataError: scikit-learn is missing, or carries another file.
    """
    within = dict.fromkeys(FILES, "sklearn/datasets/images") | {"digits.csv.gz": "sklearn/datasets/data"}
    take_bundled(folder, FILES, within)


def train(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images and labels: uint8 (200, 3, 32, 32) and uint8 (200, 32, 32).

    Raises:
        DataError: a raw file is missing or another one.
    """
    return _part(folder, "train", slice(None, LEFT), *digits.train(folder))


def test(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images and labels: uint8 (100, 3, 32, 32) and uint8 (100, 32, 32).

    Raises:
        DataError: a raw file is missing or another one.
    """
    return _part(folder, "test", slice(LEFT, None), *digits.test(folder))


def _part(
    folder: Path, part: str, columns: slice, inks: np.ndarray, classes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the scenes of a part, made of some columns of the photographs and of digits (N, 1, 8, 8)."""
    check_files(folder, FILES)
    photographs = [
        picture((folder / name).read_bytes(), name)[:, :, columns] for name in ("china.jpg", "flower.jpg")
    ]
    places = [np.flatnonzero(classes == number) for number in range(len(SHARES))]
    stream = numpy_stream("digit_scenes", part)
    images = np.empty((SIZES[part], *IMAGE_SHAPE), dtype=np.uint8)
    labels = np.zeros((SIZES[part], *IMAGE_SHAPE[1:]), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:] = _cut(photographs, stream.random(3))
        for (top, left), drawn in zip(QUARTERS, stream.random((len(QUARTERS), 5)), strict=True):
            if drawn[0] >= PRESENT:
                continue
            digit = int(np.searchsorted(np.cumsum(SHARES)[:-1], drawn[1], side="right"))
            ink = inks[places[digit][int(drawn[2] * len(places[digit]))], 0]
            row, column = top + int(drawn[3] * ROOM), left + int(drawn[4] * ROOM)
            here = np.s_[row : row + 8, column : column + 8]
            image[:, *here] = _painted(image[:, *here], ink)
            label[here] = np.where(ink >= 128, digit + 1, np.where(ink > 0, IGNORED, 0))
    of = f"digit_scenes, {part} set"
    check_dense(images, labels, size=SIZES[part], image_shape=IMAGE_SHAPE, num_classes=NUM_CLASSES, of=of)
    return images, labels


def _cut(photographs: list[np.ndarray], drawn: np.ndarray) -> np.ndarray:
    """Return a piece of one of the photographs, as three numbers in [0, 1) say: uint8 (3, 32, 32)."""
    photograph = photographs[int(drawn[0] * len(photographs))]
    height, width = IMAGE_SHAPE[1:]
    top = int(drawn[1] * (photograph.shape[1] - height + 1))
    left = int(drawn[2] * (photograph.shape[2] - width + 1))
    return photograph[:, top : top + height, left : left + width]


def _painted(pixels: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Return pixels (3, h, w) under white ink (h, w) that covers as much of each as its value says, out of 255."""
    covered = ink.astype(np.int64)
    return ((pixels * (255 - covered) + 255 * covered + 127) // 255).astype(np.uint8)
