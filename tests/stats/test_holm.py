from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hembench.core.errors import InputError
from hembench.stats.holm import holm

SHARES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12)


def test_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_a_test_that_was_not_made_does_not_count() -> None:
    found = holm([0.02, math.nan, 0.5])
    assert found[[0, 2]] == pytest.approx([0.04, 0.5])
    assert math.isnan(found[1])


def test_alone_it_stays() -> None:
    assert holm([0.04]) == pytest.approx([0.04])
    assert len(holm([])) == 0


@given(SHARES)
def test_never_smaller_than_before_nor_than_one_before_it(p: list[float]) -> None:
    found, given_ = holm(p), np.array(p)
    assert (found >= given_ - 1e-15).all()
    assert (found <= 1.0).all()
    assert (np.diff(found[np.argsort(given_, kind="stable")]) >= 0.0).all()


@pytest.mark.parametrize("bad", [[1.5], [-0.1], [[0.1]]])
def test_no_p_value(bad: list[float]) -> None:
    with pytest.raises(InputError):
        holm(bad)


def test_a_family_without_effects_rarely_rejects() -> None:
    p = np.random.default_rng(0).uniform(size=(4000, 10))
    assert np.mean([(holm(family) <= 0.05).any() for family in p]) == pytest.approx(0.05, abs=0.012)
