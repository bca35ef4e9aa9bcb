"""Entropy of the softmax, with its sign turned so that larger means known. Not in the paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.scores._logits import below_largest


def entropy(logits: ArrayLike) -> np.ndarray:
    """Return sum z log z of z = softmax: logits (N, C) -> float64 (N,) in [-log C, 0], larger = more likely known.

    Raises:
        InputError: logits are not finite floating-point (N, C).
    """
    difference = below_largest(logits)
    logarithms = difference - np.log(np.exp(difference).sum(axis=1, keepdims=True))
    negative: np.ndarray = (np.exp(logarithms) * logarithms).sum(axis=1)
    return negative
