"""Holm's adjustment for a family of tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hembench.core.errors import InputError


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Return the adjusted p of a family (n,), in the order given.

    Who rejects those at most the level falsely rejects any with at most that chance, however the tests depend on
    each other.

    The i-th smallest of m is multiplied by m - i + 1, and none may be below a smaller one's (Holm 1979). NaN marks
    a test that could not be made; it stays NaN and does not count in m.

    Raises:
        InputError: not one-dimensional, or a value outside [0, 1].
    """
    values = np.asarray(p, dtype=np.float64)
    made = ~np.isnan(values)
    if values.ndim != 1 or ((values[made] < 0) | (values[made] > 1)).any():
        raise InputError("expected p-values in [0, 1] of shape (n,), NaN for a test that was not made.")
    adjusted = np.full(values.shape, np.nan)
    order = np.flatnonzero(made)[np.argsort(values[made], kind="stable")]
    factors = len(order) - np.arange(len(order))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(values[order] * factors))
    return adjusted
