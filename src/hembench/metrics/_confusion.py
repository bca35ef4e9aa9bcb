"""Confusion matrices of images, one for each: counts of pixels, from which every overlap is made."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.core.errors import InputError


def confusion_of(predicted: ArrayLike, labels: ArrayLike, num_classes: int, ignored: int) -> np.ndarray:
    """Return how many pixels of each class were predicted as which: int64 (N, C, C), [image, label, predicted].

    Args:
        predicted: class numbers (N, H, W) in [0, num_classes).
        labels: class numbers (N, H, W) in [0, num_classes), or ``ignored``.
        num_classes: C.
        ignored: label of pixels that are not counted.

    Raises:
        InputError: shapes differ, or there are other values.
    """
    guesses, truth = np.asarray(predicted), np.asarray(labels)
    if guesses.ndim != 3 or guesses.shape != truth.shape:
        raise InputError(f"predicted and labels: expected (N, H, W) twice, got {guesses.shape} and {truth.shape}.")
    matrices = np.zeros((len(truth), num_classes, num_classes), dtype=np.int64)
    for number in range(len(truth)):
        known = truth[number] != ignored
        rows, columns = (array[number][known].astype(np.int64) for array in (truth, guesses))
        for name, values in (("labels", rows), ("predicted", columns)):
            if len(values) and not (values.min() >= 0 and values.max() < num_classes):
                raise InputError(
                    f"{name}: image {number} has values from {values.min()} to {values.max()}, expected 0 to "
                    f"{num_classes - 1}" + (f", or {ignored} (ignored)." if name == "labels" else ".")
                )
        pairs = np.bincount(rows * num_classes + columns, minlength=num_classes**2)
        matrices[number] = pairs.reshape(num_classes, num_classes)
    return matrices


def check_confusion(confusion: ArrayLike) -> np.ndarray:
    """Return confusion matrices as int64 (N, C, C); (0, 0, 0) for no images.

    Raises:
        InputError: another shape, not whole numbers, or negative ones.
    """
    array = np.asarray(confusion)
    if array.size == 0:
        return np.zeros((0, 0, 0), dtype=np.int64)
    if array.ndim != 3 or array.shape[1] != array.shape[2] or not np.issubdtype(array.dtype, np.integer):
        raise InputError(f"confusion: expected whole numbers (N, C, C), got {array.dtype} {array.shape}.")
    if array.min() < 0:
        raise InputError(f"confusion: expected counts of pixels, got {array.min()}.")
    return array.astype(np.int64)


def overlap_and_union(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels of each class in label and prediction, and in one or both: int64 (..., C) of (..., C, C)."""
    overlap = np.diagonal(confusion, axis1=-2, axis2=-1)
    return overlap, confusion.sum(axis=-1) + confusion.sum(axis=-2) - overlap
