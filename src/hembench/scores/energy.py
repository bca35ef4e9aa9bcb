"""Energy score (Liu et al. 2020) at temperature 1, with its sign turned: larger means known. Not in the paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.scores._logits import below_largest, checked


def energy(logits: ArrayLike) -> np.ndarray:
    """Return log sum exp of the logits: (N, C) -> float64 (N,), unbounded, larger = more likely known.

    Raises:
        InputError: logits are not finite floating-point (N, C).
    """
    largest = checked(logits).max(axis=1).astype(np.float64)
    total: np.ndarray = largest + np.log(np.exp(below_largest(logits)).sum(axis=1))
    return total
