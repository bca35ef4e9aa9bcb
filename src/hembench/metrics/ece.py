"""Expected calibration error: how far the confidence is from the share of right predictions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.core.errors import InputError
from hembench.metrics._checks import check_same_length, check_scores, check_truths

MEASURED_ON = ("clean", "corruption")
SCORES = ("msp",)


def ece(confidence: ArrayLike, correct: ArrayLike, bins: int = 15) -> float:
    """Return the mean over samples of |accuracy - mean confidence| of their bin: in [0, 1], SMALLER is better.

    Bins of equal width, closed above: (0, 1/bins], ..., (1 - 1/bins, 1]; zero belongs to the first. Not in the
    paper; as Guo et al. 2017 ("On calibration of modern neural networks"), with their 15 bins.

    Args:
        confidence: probabilities (N,) in [0, 1].
        correct: (N,) bool, rightly classified or not.
        bins: how many.

    Returns:
        The error; NaN without samples.

    Raises:
        InputError: shapes, NaN, confidences outside [0, 1], different lengths, or no bin.
    """
    if bins < 1:
        raise InputError(f"bins={bins}: expected at least 1.")
    values, right = check_scores("confidence", confidence), check_truths("correct", correct)
    check_same_length(confidence=values, correct=right)
    if not len(values):
        return float("nan")
    if values.min() < 0 or values.max() > 1:
        raise InputError(f"confidence: expected probabilities in [0, 1], got {values.min()} to {values.max()}.")
    number = np.clip(np.ceil(values * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.bincount(number, weights=right - values, minlength=bins)  # sum over a bin of (right - confidence)
    return float(np.abs(gaps).sum() / len(values))
