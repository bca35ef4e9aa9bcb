"""prepare: a training or test set as arrays, out of the raw files.

Reads: the raw files. Writes ``set.npz``: images uint8 (N, C, H, W), labels int64 (N,), counts int64 (classes,).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.core.errors import DataError
from hembench.store.content import arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Read one set with the data-set's reader and count its classes.

    Args:
        inputs: plug-in "read" (the data-set's ``train`` or ``test``); ``raw`` holds the raw files.
        options: "dataset", "set" ("train" or "test"), "options" of the reader, "num_classes".

    Raises:
        DataError: the raw files are missing, damaged or others, or the reader gives something else than images
            and labels.
    """
    images, labels = inputs.plugins["read"](inputs.raw, **options["options"])
    check(images, labels, options["num_classes"], f"data-set {options['dataset']!r}, {options['set']} set")
    counts = np.bincount(labels, minlength=options["num_classes"]).astype(np.int64)
    return {"set.npz": arrays(images=images, labels=labels, counts=counts)}


def check(images: np.ndarray, labels: np.ndarray, num_classes: int, of: str) -> None:
    """Refuse arrays that the next stages could misread; what the set should hold is checked by its reader.

    Raises:
        DataError: what was found, and what was expected.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or len(images) == 0:
        raise DataError(
            f"{of}: images are {images.dtype} {images.shape}, expected uint8 (N, C, H, W), at least one."
        )
    if labels.dtype != np.int64 or labels.shape != images.shape[:1]:
        raise DataError(
            f"{of}: labels are {labels.dtype} {labels.shape}, expected int64 with one label for each of the "
            f"{len(images)} images."
        )
    if labels.min() < 0 or labels.max() >= num_classes:
        raise DataError(f"{of}: labels go from {labels.min()} to {labels.max()}, expected 0 to {num_classes - 1}.")
