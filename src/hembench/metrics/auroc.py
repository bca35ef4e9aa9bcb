"""Area under the ROC curve: how well a score tells known classes from unknown ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.metrics._checks import check_scores

MEASURED_ON = ("ood",)
SCORES = None


def auroc(known: ArrayLike, unknown: ArrayLike) -> float:
    """Return P(known > unknown) + P(known = unknown) / 2 over all pairs: in [0, 1], larger is better.

    A score that knows nothing gives 1/2. Known are all clean test samples, wrongly classified ones too (the
    paper's section 5). Ties count half, so a score that saturates pays for it. Pairs are counted in whole numbers.

    Args:
        known: scores (N,) of samples of known classes, larger = more likely known.
        unknown: scores (M,) of samples of unknown classes.

    Returns:
        The share; NaN where one side is empty.

    Raises:
        InputError: scores are not (N,) or are NaN.
    """
    inside, outside = check_scores("known", known), np.sort(check_scores("unknown", unknown))
    if not len(inside) or not len(outside):
        return float("nan")
    below = np.searchsorted(outside, inside, side="left").sum(dtype=np.int64)
    not_above = np.searchsorted(outside, inside, side="right").sum(dtype=np.int64)
    return float((below + not_above) / (2 * len(inside) * len(outside)))
