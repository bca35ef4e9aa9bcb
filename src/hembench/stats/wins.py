"""Counting conditions: on which side of a line each interval lies, and how unlikely a count is by chance."""

from __future__ import annotations

import math
from typing import Literal

from scipy import stats

Side = Literal["above", "below", "undecided"]


def side(low: float, high: float, line: float = 0.0) -> Side:
    """Tell whether an interval lies wholly above or below a line; undecided too where it has no bounds (NaN)."""
    if math.isnan(low) or math.isnan(high):
        return "undecided"
    if low > line:
        return "above"
    return "below" if high < line else "undecided"


def sign_test(above: int, below: int) -> float:
    """Return the two-sided p of a sign test: so many on each side by the toss of a coin; NaN for none.

    Its smallest value with n conditions is 2 / 2^n, as that of the signed-rank test.
    """
    if not above + below:
        return float("nan")
    return float(stats.binomtest(above, above + below).pvalue)
