from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from hembench.core.errors import InputError
from hembench.stats.interval import interval, t_interval


def test_agrees_with_scipy() -> None:
    values = [0.91, 0.94, 0.92, 0.97, 0.95]
    found = interval(values)
    low, high = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    assert found.n == 5
    assert (found.mean, found.sd) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    assert (found.low, found.high) == pytest.approx((low, high))


def test_three_values_by_hand() -> None:
    # mean 2, sd 1, t(2) at 97.5 % = 4.302653
    found = interval([1.0, 2.0, 3.0])
    assert (found.low, found.high) == pytest.approx((2 - 4.302653 / math.sqrt(3), 2 + 4.302653 / math.sqrt(3)))


def test_one_seed_has_no_interval() -> None:
    found = interval([0.5])
    assert (found.mean, found.n) == (0.5, 1)
    assert math.isnan(found.sd)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_nothing_measured() -> None:
    found = interval([])
    assert found.n == 0
    assert math.isnan(found.mean)


def test_a_missing_seed_is_left_out_and_counted() -> None:
    assert interval([1.0, float("nan"), 3.0]) == interval([1.0, 3.0])


def test_equal_values_give_a_point() -> None:
    found = interval([0.25, 0.25, 0.25])
    assert (found.sd, found.low, found.high) == (0.0, 0.25, 0.25)


def test_elementwise() -> None:
    low, high = t_interval([1.0, 2.0], [0.5, 0.5], [1, 4])
    assert math.isnan(low[0])
    assert math.isnan(high[0])
    assert high[1] - low[1] == pytest.approx(2 * 3.182446 * 0.5 / 2)


@pytest.mark.parametrize("values", [[[1.0, 2.0]], [1.0, float("inf")]])
def test_bad_values(values: list[float]) -> None:
    with pytest.raises(InputError):
        interval(values)


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_bad_level(level: float) -> None:
    with pytest.raises(InputError, match="share between 0 and 1"):
        interval([1.0, 2.0], level)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_covers_what_it_promises(n: int) -> None:
    draws = np.random.default_rng(n).normal(0.9, 0.01, size=(40_000, n))
    low, high = t_interval(draws.mean(axis=1), draws.std(axis=1, ddof=1), np.full(len(draws), n))
    covered = np.mean((low <= 0.9) & (high >= 0.9))
    assert covered == pytest.approx(0.95, abs=0.005)  # 4.6 standard errors
