"""Maximum logit score (Hendrycks et al. 2022; the paper's second score)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.scores._logits import checked


def mls(logits: ArrayLike) -> np.ndarray:
    """Return the largest logit: logits (N, C) -> (N,) of the same dtype, unbounded, larger = more likely known.

    Raises:
        InputError: logits are not finite floating-point (N, C).
    """
    largest: np.ndarray = checked(logits).max(axis=1)
    return largest
