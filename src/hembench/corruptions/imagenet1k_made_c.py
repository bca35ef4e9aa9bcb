"""A made set in the layout of ImageNet-C, for trials without downloads: other stripes of imagenet1k_made's kinds.

What ImageNet-C goes through can be tried on it; accuracy on it means nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.atomic import write_bytes
from hembench.core.errors import DataError
from hembench.corruptions._published import read_tree
from hembench.datasets._checksum import check_raw
from hembench.datasets._made import made_picture, made_tar
from hembench.datasets._pictures import Pictures
from hembench.datasets._present import check_present

SOURCE = "made by `hembench data fetch imagenet1k_made_c`"
LICENCE = "that of this project"
FILES = {"made.tar": "20d988d5c3c6737547f9cf62483675c9c36a5e2ebaafa056764f2feb93760ebf"}
COMPLETE = False
OF = "imagenet1k_made"
SIZES = {"test": 20}
SEVERITIES = (1, 2)
LARGE = True
"""It would fit; ImageNet-C doesn't, and what that goes through is to be tried."""

MEMBERS = ("moved",)
KINDS, SIDE = 5, 224


def fetch(folder: Path) -> None:
    """Make the archive if it is not in ``folder`` yet.

    Raises:
        DataError: one is there and is another one, or another library version makes other bytes.
    """
    (name,) = FILES
    if not (folder / name).is_file():
        each = SIZES["test"] // KINDS
        pictures = {
            f"{MEMBERS[0]}/{severity}/n{kind:08}/made_{number}.JPEG": made_picture(
                kind, 100 + each * severity + number, SIDE, SIDE
            )
            for severity in SEVERITIES
            for kind in range(KINDS)
            for number in range(each)
        }
        write_bytes(folder / name, made_tar(pictures))
    check_present(folder, FILES, dict.fromkeys(FILES, ("delete it: it is made anew",)))


def read(folder: Path, member: str, severity: int) -> tuple[Pictures, np.ndarray]:
    """Return the images and their labels: uint8 (20, 3, 224, 224), read when asked for, and int64, kind by kind.

    Args:
        folder: holds the archive.
        member: "moved".
        severity: 1 or 2.

    Raises:
        DataError: the archive is missing or another one; there is no such severity or corruption.
    """
    if severity not in SEVERITIES:
        raise DataError(f"imagenet1k_made_c, {member}: no severity {severity}; it has 1 and 2.")
    if member not in MEMBERS:
        raise DataError(f"imagenet1k_made_c: no corruption {member}.")
    check_raw(folder, FILES)
    (name,) = FILES
    return read_tree(folder / name, member, severity, count=SIZES["test"], num_classes=KINDS, side=SIDE)
