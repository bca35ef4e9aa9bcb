"""prepare: a training or test set with a label for each pixel as one array, out of the raw files.

Reads: the raw files. Writes ``set.npz``: images uint8 (N, C + 1, H, W), the last channel holds the labels.
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
    """Read one set with the data-set's reader.

    Args:
        inputs: plug-in "read" (the data-set's ``train`` or ``test``); ``raw`` holds the raw files.
        options: "dataset", "set" ("train" or "test"), "options" of the reader, "num_classes", "ignored" (label of
            pixels that take no part).

    Raises:
        DataError: the raw files are missing, damaged or others, or the reader gives something else than images
            and labels.
    """
    images, labels = inputs.plugins["read"](inputs.raw, **options["options"])
    return {"set.npz": arrays(images=joined(np.asarray(images), np.asarray(labels), options))}


def joined(images: np.ndarray, labels: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    """Return images uint8 (N, C, H, W) with their labels uint8 (N, H, W) as last channel.

    Raises:
        DataError: what was found, and what was expected.
    """
    of = f"data-set {options['dataset']!r}, {options['set']} set"
    if images.dtype != np.uint8 or images.ndim != 4 or len(images) == 0:
        raise DataError(
            f"{of}: images are {images.dtype} {images.shape}, expected uint8 (N, C, H, W), at least one."
        )
    if labels.dtype != np.uint8 or labels.shape != (len(images), *images.shape[2:]):
        raise DataError(
            f"{of}: labels are {labels.dtype} {labels.shape}, expected uint8 with one label for each pixel of the "
            f"images {images.shape}."
        )
    known = labels[labels != options["ignored"]]
    if len(known) and known.max() >= options["num_classes"]:
        raise DataError(
            f"{of}: labels go up to {known.max()}, expected 0 to {options['num_classes'] - 1}, or "
            f"{options['ignored']} where a pixel takes no part."
        )
    return np.concatenate([images, labels[:, None]], axis=1)
