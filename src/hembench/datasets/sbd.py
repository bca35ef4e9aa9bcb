"""SBD, the Semantic Boundaries Dataset: 11,355 photographs, background and 20 classes (Hariharan et al. 2011).

Its own split: 8,498 for training and, as test set, the 2,857 of its validation part (not VOC2012's). The
photographs, PASCAL VOC's, are up to 500 pixels wide or high; they are padded to 512x512, the padding's label is
ignored. The archive is read as it lies, photographs when they are asked for, best forward.

This reader was tried on made archives of that layout; the published one was not at hand.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from hembench.core.errors import DataError
from hembench.datasets._archive import members
from hembench.datasets._checksum import check_raw
from hembench.datasets._dense import Decoded, padded, picture, translated
from hembench.datasets._pictures import Streamed

SOURCE = "http://home.bharathh.info/pubs/codes/SBD/download.html"
LICENCE = "none stated by its authors; photographs are Flickr's, under its terms of use (PASCAL VOC)"
FILES = {"benchmark.tgz": "md5:82b4d87ceb2ed10f6038a1cba92111cb"}
"""The md5 that torchvision has; no sha256 is published."""

MIRRORS = ("https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/semantic_contours/",)
COMPLETE = True
NUM_CLASSES = 21
CLASSES = (
    "background",
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "table",
    "dog",
    "horse",
    "motorbike",
    "person",
    "plant",
    "sheep",
    "sofa",
    "train",
    "monitor",
)
"""Names, in the order of PASCAL VOC's class numbers."""

IGNORED = 255
"""Label of the padding alone: every pixel of a photograph has a class."""

IMAGE_SHAPE = (3, 512, 512)
SIZES = {"train": 8_498, "test": 2_857}
LARGE = True
"""Its sets fit no memory."""

ROOT = "benchmark_RELEASE/dataset"
PARTS = {"train": "train.txt", "test": "val.txt"}

LARGEST = 60_000
"""Members of the archive: a photograph and two files of labels for each, and the benchmark's code."""

BYTES = 6_000_000_000

DAMAGED = (
    *(KeyError, ValueError, TypeError, IndexError, OSError, EOFError, NotImplementedError, OverflowError),
    *(MemoryError, zlib.error, MatReadError),
)
"""What scipy says of a file that is no whole file of MATLAB's, or of its later format."""


def fetch(folder: Path) -> None:
    """Download the archive if it is not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def train(folder: Path) -> tuple[Decoded, Decoded]:
    """Return the training images and labels, read when asked for: uint8 (8498, 3, 512, 512) and (8498, 512, 512).

    In the order of the photographs in the archive.

    Raises:
        DataError: the archive is missing or another one, or holds other photographs.
    """
    return _part(folder, "train")


def test(folder: Path) -> tuple[Decoded, Decoded]:
    """Return the validation images and labels, read when asked for: uint8 (2857, 3, 512, 512), (2857, 512, 512).

    In the order of the photographs in the archive.

    Raises:
        DataError: the archive is missing or another one, or holds other photographs.
    """
    return _part(folder, "test")


def _part(folder: Path, part: str) -> tuple[Decoded, Decoded]:
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    names, labelled = _contents(path, part)
    photographs = [f"{ROOT}/img/{name}.jpg" for name in names]
    stream = Streamed(path, photographs, count=LARGEST, size=BYTES)
    known = np.array([*range(NUM_CLASSES), *[-1] * (256 - NUM_CLASSES)])
    sizes: dict[int, tuple[int, ...]] = {}

    def check_size(number: int, array: np.ndarray) -> None:
        """Compare the sizes of a photograph and of its labels when the second of them is read."""
        size = sizes.setdefault(number, array.shape[-2:])
        if size != array.shape[-2:]:
            pixels = " and ".join(f"{width}x{height}" for height, width in (size, array.shape[-2:]))
            raise DataError(f"{path}: {names[number]}: photograph and labels have other sizes, {pixels} pixels.")

    def image(number: int) -> np.ndarray:
        of = f"{path}: {photographs[number]}"
        pixels = picture(stream.read(number), of)
        check_size(number, pixels)
        return padded(pixels, IMAGE_SHAPE, 0, of)

    def mask(number: int) -> np.ndarray:
        of = f"{path}: {names[number]}.mat"
        truth = translated(_segmentation(labelled[names[number]], of), known, of)
        check_size(number, truth)
        return padded(truth, IMAGE_SHAPE[1:], IGNORED, of)

    return Decoded(image, len(names), IMAGE_SHAPE), Decoded(mask, len(names), IMAGE_SHAPE[1:])


def _contents(path: Path, part: str) -> tuple[list[str], dict[str, bytes]]:
    """Return the names of a part's photographs in the archive's order, and their label files by name.

    The label files are small and lie apart from the photographs: they are kept, compressed as they are.

    Raises:
        DataError: the archive holds other photographs, label files or lists than promised.
    """
    photographs: list[str] = []
    labelled: dict[str, bytes] = {}
    listed: list[str] | None = None
    for member, content in members(path, count=LARGEST, size=BYTES):
        name = Path(member).stem
        if member == f"{ROOT}/img/{name}.jpg":
            photographs.append(name)
        elif member == f"{ROOT}/cls/{name}.mat":
            labelled[name] = content
        elif member == f"{ROOT}/{PARTS[part]}":
            listed = content.decode("ascii", "replace").split()
    wanted = set(listed or ())
    names = [name for name in photographs if name in wanted]
    if len(names) != SIZES[part] or len(wanted) != SIZES[part] or not wanted <= labelled.keys():
        raise DataError(
            f"{path}: its list {PARTS[part]} has {len(wanted)} names, with {len(names)} photographs and "
            f"{len(wanted & labelled.keys())} label files; expected {SIZES[part]}."
        )
    return names, {name: labelled[name] for name in names}


def _segmentation(content: bytes, of: str) -> np.ndarray:
    """Return the classes in a label file: uint8 (h, w)."""
    try:
        values = loadmat(io.BytesIO(content), variable_names=["GTcls"])["GTcls"]["Segmentation"][0, 0]
    except DAMAGED as error:
        raise DataError(f"{of}: its labels can't be read ({error!r}).") from None
    if not isinstance(values, np.ndarray) or values.dtype != np.uint8 or values.ndim != 2:
        raise DataError(f"{of}: its labels are no picture of classes.")
    return values
