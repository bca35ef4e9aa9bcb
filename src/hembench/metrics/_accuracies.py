"""Accuracy matrices of continual learning: row k after k episodes, 0 before the training; a column an episode."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.core.errors import InputError


def check_accuracies(accuracies: ArrayLike) -> np.ndarray:
    """Return the matrix as float64 (E + 1, E); (1, 0) for none.

    Raises:
        InputError: another shape, or values that are no shares.
    """
    array = np.asarray(accuracies, dtype=np.float64)
    if array.size == 0:
        return np.zeros((1, 0))
    if array.ndim != 2 or array.shape[0] != array.shape[1] + 1:
        raise InputError(
            f"accuracies: expected (E + 1, E), a row before the training and one after each of E episodes, got "
            f"{array.shape}."
        )
    if not ((array >= 0) & (array <= 1)).all():
        raise InputError("accuracies: expected shares in [0, 1]; some are not. Did training diverge?")
    return array


def mean_of(values: np.ndarray) -> float:
    """Return the mean; NaN of none."""
    return float(values.mean()) if values.size else float("nan")
