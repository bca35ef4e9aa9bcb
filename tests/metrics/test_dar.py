from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hembench.metrics.dar import dar

CONFIDENCE = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
CORRECT = [1, 1, 0, 1, 0, 0]


def test_signature():
    assert list(inspect.signature(dar).parameters) == ["confidence", "correct", "threshold"]


@pytest.mark.parametrize("threshold", [0.55, 0.75])
def test_by_hand(threshold):
    assert dar(CONFIDENCE, CORRECT, threshold) == pytest.approx(5 / 6)


def test_a_tie_with_the_threshold_is_accepted():
    assert dar([0.5], [True], 0.5) == 1
    assert dar([0.5], [False], 0.5) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.floats(0, 1))
def test_right_and_wrong_add_up(samples, threshold):
    confidence, correct = np.array([c for c, _ in samples]), np.array([r for _, r in samples])
    assert dar(confidence, correct, threshold) + dar(confidence, ~correct, threshold) == pytest.approx(1)


def test_without_right_samples_it_is_the_share_rejected():
    assert dar(CONFIDENCE, np.zeros(6), 0.55) == pytest.approx(2 / 6)


def test_no_threshold_gives_nan():
    assert math.isnan(dar(CONFIDENCE, CORRECT, float("nan")))
