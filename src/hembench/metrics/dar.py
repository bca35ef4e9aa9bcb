"""Detection accuracy rate (DAR): share of samples that are accepted and right, or rejected and wrong."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from hembench.metrics._checks import check_same_length, check_scores, check_truths

MEASURED_ON = ("clean", "ood", "corruption", "attack")
SCORES = None


def dar(confidence: ArrayLike, correct: ArrayLike, threshold: float) -> float:
    """Return the share of samples that are accepted and right or rejected and wrong: in [0, 1], larger is better.

    Accepted is a confidence >= threshold (ties with the threshold are accepted). The paper shows it for
    adversarial samples (section 5). Of unknown classes nothing is right, so there it is the share rejected.

    Args:
        confidence: scores (N,).
        correct: (N,) bool, rightly classified or not.
        threshold: of this network and score, from :func:`acceptance_threshold`.

    Returns:
        The share; NaN without samples, or where the threshold is NaN (no clean sample was right).

    Raises:
        InputError: shapes, NaN among the confidences, or different lengths.
    """
    values, right = check_scores("confidence", confidence), check_truths("correct", correct)
    check_same_length(confidence=values, correct=right)
    if not len(values) or math.isnan(threshold):
        return float("nan")
    return float(np.mean((values >= threshold) == right))
