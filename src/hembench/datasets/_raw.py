"""Raw files and what was read from them: both are checked against the data-set's own constants."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hembench.core.digest import file_sha256
from hembench.core.errors import DataError


def check_files(folder: Path, files: Mapping[str, str]) -> None:
    """Compare the raw files in ``folder`` with their sha256.

    Raises:
        DataError: a file is missing, or its content is not the one that ``files`` names.
    """
    for name, expected in files.items():
        path = folder / name
        if not path.is_file():
            raise DataError(f"{path}: raw file is missing. Get it with `hembench data fetch {folder.name}`.")
        found = file_sha256(path)
        if found != expected:
            raise DataError(
                f"{path}: sha256 is {found}, expected {expected}. Delete this file and get it again with "
                f"`hembench data fetch {folder.name}`; other data are another data-set, with a name of its own."
            )


def check_set(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    size: int,
    image_shape: tuple[int, int, int],
    num_classes: int,
    of: str,
) -> None:
    """Compare a set that was read with what its data-set's file promises.

    Args:
        images: uint8 (N, C, H, W).
        labels: int64 (N,), in [0, num_classes).
        size: the promised N.
        image_shape: the promised (C, H, W).
        num_classes: number of classes, each of which must occur.
        of: what the set is called in the message.

    Raises:
        DataError: something differs; the message says what.
    """
    if images.dtype != np.uint8 or images.shape != (size, *image_shape):
        raise DataError(
            f"{of}: images are {images.dtype} {images.shape}, expected uint8 {(size, *image_shape)}. "
            "Fetch the raw files again."
        )
    if labels.dtype != np.int64 or labels.shape != (size,):
        raise DataError(f"{of}: labels are {labels.dtype} {labels.shape}, expected int64 {(size,)}.")
    if not np.array_equal(np.unique(labels), np.arange(num_classes)):
        raise DataError(
            f"{of}: labels are {np.unique(labels).tolist()}, expected every class from 0 to {num_classes - 1}."
        )
