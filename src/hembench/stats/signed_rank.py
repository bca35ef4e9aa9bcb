"""Wilcoxon's paired signed-rank test, exact, with what it could say at best.

The smallest p that n pairs can give is 2 / 2^n: five seeds can't go below 0.0625, whatever they show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from hembench.core.errors import InputError

DIGITS = 12
"""Decimals to which differences are compared: 0.97 - 0.96 and 0.96 - 0.95 tie."""


@dataclass(frozen=True)
class SignedRank:
    """Two-sided ``p`` of ``n`` differences other than 0 (NaN for none), and the ``smallest`` that n can give."""

    p: float
    smallest: float
    n: int

    def can_reject(self, level: float = 0.05) -> bool:
        """Tell whether so many pairs can get to ``level`` at all."""
        return self.smallest <= level


def signed_rank(differences: ArrayLike) -> SignedRank:
    """Return the exact test of "the differences (n,) are symmetric around 0".

    Differences of 0 and NaN are left out, as in Wilcoxon's own form; ties have their mean rank. All 2^n choices of
    signs are counted, so that no approximation for large n or for ties comes in.

    Raises:
        InputError: the differences are not one-dimensional.
    """
    data = np.asarray(differences, dtype=np.float64)
    if data.ndim != 1:
        raise InputError(f"expected differences of shape (n,), one for each pair, not {data.shape}.")
    data = np.round(data[~np.isnan(data)], DIGITS)
    data = data[data != 0.0]
    n = len(data)
    if not n:
        return SignedRank(float("nan"), 1.0, 0)
    ranks = np.rint(2.0 * stats.rankdata(np.abs(data))).astype(np.int64)  # doubled: mean ranks are halves
    chance = np.zeros(int(ranks.sum()) + 1)
    chance[0] = 1.0
    for rank in ranks:
        chance[rank:] = 0.5 * chance[rank:] + 0.5 * chance[: len(chance) - rank]
        chance[:rank] *= 0.5
    found = int(ranks[data > 0.0].sum())
    tail = min(chance[: found + 1].sum(), chance[found:].sum())
    return SignedRank(min(1.0, 2.0 * float(tail)), min(1.0, 2.0 ** (1 - n)), n)
