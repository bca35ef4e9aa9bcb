"""iNaturalist 2021, validation part: 100,000 photographs of 10,000 species; no training part here.

One of the paper's OOD sets for TinyImageNet and ImageNet1k. The photographs have many sizes: their short side
becomes 256 pixels, the centre is kept. All of them are 20 GB: they are decoded when they are asked for.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.datasets._checksum import check_raw
from hembench.datasets._pictures import Pictures, Streamed, names_in

SOURCE = "https://github.com/visipedia/inat_comp/tree/master/2021"
LICENCE = "non-commercial research and education (the competition's terms); photographs: their authors' licences"
FILES = {"val.tar.gz": "md5:f6f6e0e242e3d4c9569ba56400938afc"}
"""8,931,661,582 bytes; the md5 that the authors publish (torchvision has it too); no sha256 is published."""

MIRRORS = ("https://ml-inat-competition-datasets.s3.amazonaws.com/2021/",)
COMPLETE = True
NUM_CLASSES = 10_000
IMAGE_SHAPE = (3, 256, 256)
SIZES = {"test": 100_000}
LARGE = True
"""Its sets fit no memory."""

LARGEST = 120_000
"""Members of the archive: photographs and a folder for each species."""

BYTES = 12_000_000_000


def fetch(folder: Path) -> None:
    """Download the archive if it is not in ``folder`` yet.

    Raises:
        DataError: it can't be had, or is another one; the message says what to do.
    """
    from hembench.datasets._download import download

    download(folder, FILES, MIRRORS)


def test(folder: Path) -> tuple[Pictures, np.ndarray]:
    """Return images and labels: uint8 (100000, 3, 256, 256), read when asked for, and int64 (100000,).

    In the order of the archive; a label is the number that its folder's name starts with.

    Raises:
        DataError: the archive is missing or another one, or holds other photographs.
    """
    check_raw(folder, FILES)
    path = folder / next(iter(FILES))
    names = [name for name in names_in(path, count=LARGEST, size=BYTES) if name.endswith(".jpg")]
    try:
        labels = np.array([int(name.split("/")[1].partition("_")[0]) for name in names], dtype=np.int64)
    except (IndexError, ValueError):
        raise DataError(f"{path}: photographs do not lie in folders val/<number>_<species>/.") from None
    if len(names) != SIZES["test"] or not np.array_equal(np.unique(labels), np.arange(NUM_CLASSES)):
        raise DataError(
            f"{path}: {len(names)} photographs of {len(np.unique(labels))} species, expected {SIZES['test']} of "
            f"{NUM_CLASSES}."
        )
    stream = Streamed(path, names, count=LARGEST, size=BYTES)
    side = IMAGE_SHAPE[1]
    return Pictures(stream.read, [f"{path}: {name}" for name in names], side, short=side), labels
