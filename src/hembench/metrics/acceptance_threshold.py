"""The confidence from which on a sample is accepted."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from hembench.core.errors import InputError
from hembench.metrics._checks import check_same_length, check_scores, check_truths

MEASURED_ON = ("clean",)
SCORES = None


def acceptance_threshold(confidence: ArrayLike, correct: ArrayLike, share: float = 0.95) -> float:
    """Return the confidence that at least ``share`` of the correctly classified clean samples reach.

    The paper sets it per network and per score on the clean test set; it doesn't name the rule between two
    samples. Here: the (1 - share) quantile with the method "lower", so that never fewer than ``share`` are
    accepted. No direction: it is on the scale of the score.

    Args:
        confidence: scores (N,) of the clean test samples.
        correct: (N,) bool, rightly classified or not.
        share: of right samples to accept, in (0, 1].

    Returns:
        The threshold; NaN without a right sample.

    Raises:
        InputError: shapes, NaN, different lengths, or ``share`` out of range.
    """
    if not 0 < share <= 1:
        raise InputError(f"share={share}: expected a share in (0, 1].")
    values, right = check_scores("confidence", confidence), check_truths("correct", correct)
    check_same_length(confidence=values, correct=right)
    accepted = np.sort(values[right])
    if not len(accepted):
        return float("nan")
    # 1 - 0.9 is a little less than 0.1: without the small term a sample's place would be missed by rounding.
    return float(accepted[math.floor((1 - share) * (len(accepted) - 1) + 1e-9)])
