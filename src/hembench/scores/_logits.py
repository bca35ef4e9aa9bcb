"""What scores accept: finite logits (N, C)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.core.errors import InputError


def checked(logits: ArrayLike) -> np.ndarray:
    """Return logits as a floating-point array (N, C); N may be 0.

    Raises:
        InputError: not (N, C) with at least one class, not floating-point, or not finite.
    """
    array = np.asarray(logits)
    if array.ndim != 2 or array.shape[1] < 1 or not np.issubdtype(array.dtype, np.floating):
        raise InputError(f"logits: expected floating-point (N, C), got {array.dtype} {array.shape}.")
    if not np.isfinite(array).all():
        raise InputError("logits: some are NaN or infinite, which have no score. Did training diverge?")
    return array


def below_largest(logits: ArrayLike) -> np.ndarray:
    """Return logits minus the largest of their sample, as float64 (N, C): at most 0, one of them exactly 0.

    Raises:
        InputError: see :func:`checked`.
    """
    array = checked(logits).astype(np.float64)
    difference: np.ndarray = array - array.max(axis=1, keepdims=True)
    return difference
