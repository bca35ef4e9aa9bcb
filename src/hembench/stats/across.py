"""Differences of several conditions put together (design rule 8, docs/statistics.md).

Two questions have two intervals. *These conditions*: what would the mean over exactly these conditions be with
other seeds? Its error is that of the seeds alone, and each condition has its own, so the t interval takes its
degrees of freedom from Welch and Satterthwaite. *New conditions*: what would conditions of the same sort give?
Its error is the spread of the conditions' means, and a handful of conditions makes it wide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from hembench.core.errors import InputError
from hembench.stats.interval import Interval, interval


@dataclass(frozen=True)
class Across:
    """The mean over conditions, each weighing the same, in the unit of the differences.

    Attributes:
        mean: of the conditions' means; NaN without conditions.
        error: standard error of the mean over these conditions (seeds alone).
        freedom: Welch and Satterthwaite's degrees of freedom; NaN where the error is 0.
        low: lower bound for these conditions.
        high: upper bound for these conditions.
        new: the interval over the conditions' means; no bounds for one condition.
        conditions: how many.
    """

    mean: float
    error: float
    freedom: float
    low: float
    high: float
    new: Interval
    conditions: int

    def p(self, line: float = 0.0) -> float:
        """Return the two-sided p of "the mean over these conditions is ``line``"; below 1 - level exactly where
        the interval leaves the line out.
        """
        if not self.conditions:
            return float("nan")
        if self.error == 0.0:
            return 1.0 if self.mean == line else 0.0
        return float(2.0 * stats.t.sf(abs(self.mean - line) / self.error, self.freedom))


def across(differences: Sequence[Interval], level: float = 0.95) -> Across:
    """Put conditions together.

    Args:
        differences: mean, sd and n of each condition's paired differences over seeds.
        level: coverage of both intervals, in (0, 1).

    Raises:
        InputError: a condition has fewer than two seeds, so that its error is not known.
    """
    if any(one.n < 2 for one in differences):
        raise InputError("a condition with fewer than two seeds has no error of its own: leave it out and say so.")
    count = len(differences)
    new = interval([one.mean for one in differences], level)
    if not count:
        return Across(math.nan, math.nan, math.nan, math.nan, math.nan, new, 0)
    variances = np.array([one.sd**2 / one.n for one in differences]) / count**2
    error = math.sqrt(variances.sum())
    if error == 0.0:
        return Across(new.mean, 0.0, math.nan, new.mean, new.mean, new, count)
    # shares first: squares of small variances would underflow
    shares = variances / variances.sum()
    freedom = float(1.0 / np.sum(shares**2 / np.array([one.n - 1 for one in differences])))
    half = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
    return Across(new.mean, error, freedom, new.mean - half, new.mean + half, new, count)
