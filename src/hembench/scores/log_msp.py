"""Logarithm of the maximum softmax probability, computed so that it never saturates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.scores._logits import below_largest


def log_msp(logits: ArrayLike) -> np.ndarray:
    """Return log max softmax: logits (N, C) -> float64 (N,) in [-log C, 0], larger = more likely known.

    The order is that of ``msp`` in exact arithmetic: -log1p(sum over the *other* classes of exp(y_j - max y)). The
    largest logit itself is left out of the sum instead of taking 1 from it afterwards, so that small sums
    keep all their digits: in float64 down to gaps of about 745 between logits, below which it is 0.

    Raises:
        InputError: logits are not finite floating-point (N, C).
    """
    difference = below_largest(logits)
    powers = np.exp(difference)
    powers[np.arange(len(powers)), difference.argmax(axis=1)] = 0
    logarithm: np.ndarray = -np.log1p(powers.sum(axis=1))
    return logarithm
