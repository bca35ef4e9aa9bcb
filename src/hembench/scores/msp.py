"""Maximum softmax probability (Hendrycks & Gimpel 2017): the paper's default score."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.scores._logits import checked


def msp(logits: ArrayLike) -> np.ndarray:
    """Return the largest of softmax: logits (N, C) -> float32 (N,) in [1/C, 1], larger = more likely known.

    In float32, as networks compute it: it is exactly 1 where the largest logit leads by about 17 and more. Those
    ties are part of the paper's numbers; ``log_msp`` has the same order without them.

    Raises:
        InputError: logits are not finite floating-point (N, C).
    """
    array = checked(logits).astype(np.float32)
    with np.errstate(over="ignore"):  # a gap beyond float32 is minus infinity, whose power is rightly 0
        powers = np.exp(array - array.max(axis=1, keepdims=True))
    confidence: np.ndarray = np.float32(1) / powers.sum(axis=1, dtype=np.float32)
    return confidence
