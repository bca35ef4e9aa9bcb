"""What metrics accept: one-dimensional arrays of numbers without NaN, of one length."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.core.errors import InputError


def check_scores(name: str, values: ArrayLike) -> np.ndarray:
    """Return scores as float64 (N,); infinite ones are in order.

    Raises:
        InputError: not one-dimensional, not numbers, or NaN among them.
    """
    array = np.asarray(values)
    if array.ndim != 1 or not (np.issubdtype(array.dtype, np.number) or array.size == 0):
        raise InputError(f"{name}: expected scores (N,), got {array.dtype} {array.shape}.")
    array = array.astype(np.float64)
    if np.isnan(array).any():
        raise InputError(
            f"{name}: {int(np.isnan(array).sum())} of {array.size} scores are NaN. Did training diverge?"
        )
    return array


def check_classes(name: str, values: ArrayLike) -> np.ndarray:
    """Return class numbers as int64 (N,).

    Raises:
        InputError: not one-dimensional, or not whole numbers.
    """
    array = np.asarray(values)
    if array.ndim != 1 or not (np.issubdtype(array.dtype, np.integer) or array.size == 0):
        raise InputError(f"{name}: expected class numbers (N,), got {array.dtype} {array.shape}.")
    return array.astype(np.int64)


def check_truths(name: str, values: ArrayLike) -> np.ndarray:
    """Return right or wrong as bool (N,); 0 and 1 are taken too.

    Raises:
        InputError: not one-dimensional, or other values.
    """
    array = np.asarray(values)
    if array.ndim != 1 or not np.isin(array, (0, 1)).all():
        raise InputError(f"{name}: expected true or false (N,), got {array.dtype} {array.shape}.")
    return array.astype(bool)


def check_same_length(**arrays: np.ndarray) -> None:
    """Refuse arrays of different lengths.

    Raises:
        InputError: they differ; the message names them.
    """
    if len({len(array) for array in arrays.values()}) > 1:
        sizes = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
        raise InputError(f"expected one entry per sample in each, got different lengths: {sizes}.")
