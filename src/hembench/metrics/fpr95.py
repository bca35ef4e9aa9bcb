"""False positive rate at 95 % true positives: not in the paper, but usual beside AUROC."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.metrics._checks import check_scores

MEASURED_ON = ("ood",)
SCORES = None

PER_CENT = 95


def fpr95(known: ArrayLike, unknown: ArrayLike) -> float:
    """Return the share of unknown that is accepted where 95 % of known are: in [0, 1], SMALLER is better.

    Accepted is a score >= threshold; the threshold is the largest value with at least 95 % of known accepted.
    Ties with the threshold are accepted on both sides.

    Args:
        known: scores (N,) of samples of known classes, larger = more likely known.
        unknown: scores (M,) of samples of unknown classes.

    Returns:
        The share; NaN where one side is empty.

    Raises:
        InputError: scores are not (N,) or are NaN.
    """
    inside, outside = np.sort(check_scores("known", known)), check_scores("unknown", unknown)
    if not len(inside) or not len(outside):
        return float("nan")
    rejected = len(inside) * (100 - PER_CENT) // 100  # whole numbers: 0.05 * 100 must not become 4
    return float(np.mean(outside >= inside[rejected]))
