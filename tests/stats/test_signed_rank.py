from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from hembench.core.errors import InputError
from hembench.stats.signed_rank import signed_rank


@pytest.mark.parametrize(("pairs", "smallest"), [(2, 0.5), (3, 0.25), (5, 0.0625), (6, 0.03125), (15, 2**-14)])
def test_the_smallest_p_is_set_by_the_number_of_pairs(pairs: int, smallest: float) -> None:
    found = signed_rank(np.arange(1.0, pairs + 1))
    assert found.p == pytest.approx(smallest)
    assert found.smallest == smallest
    assert found.can_reject() is (pairs >= 6)


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scipy_without_ties(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.4, 1.0, 9)
    assert signed_rank(values).p == pytest.approx(stats.wilcoxon(values, method="exact").pvalue)


def test_ties_are_counted_exactly() -> None:
    values = np.array([1.0, -1.0, 1.0, 2.0, 2.0, 3.0])
    ranks = stats.rankdata(np.abs(values))
    sums = np.array([np.dot(ranks, signs) for signs in itertools.product((0, 1), repeat=6)])
    found = ranks[values > 0].sum()
    tail = min((sums <= found).mean(), (sums >= found).mean())
    assert signed_rank(values).p == pytest.approx(min(1.0, 2 * tail))


def test_rounding_does_not_break_ties() -> None:
    assert 0.3 - 0.2 != 0.2 - 0.1
    assert signed_rank([0.3 - 0.2, 0.1 - 0.2, 0.5]).p == signed_rank([0.1, -0.1, 0.5]).p


def test_zeros_and_missing_pairs_are_left_out() -> None:
    assert signed_rank([0.0, math.nan, 1.0, 2.0]) == signed_rank([1.0, 2.0])
    none = signed_rank([0.0, 0.0])
    assert math.isnan(none.p)
    assert (none.n, none.smallest) == (0, 1.0)


def test_swapping_changes_nothing() -> None:
    values = np.array([0.3, -0.1, 0.7, 0.2, 0.2])
    assert signed_rank(values).p == pytest.approx(signed_rank(-values).p)


def test_shape() -> None:
    with pytest.raises(InputError):
        signed_rank([[1.0]])
