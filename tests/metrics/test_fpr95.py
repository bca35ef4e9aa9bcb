from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from hembench.metrics.fpr95 import fpr95

SCORES = st.lists(st.integers(-20, 20).map(lambda n: n / 4), min_size=1, max_size=60)


def test_signature():
    assert list(inspect.signature(fpr95).parameters) == ["known", "unknown"]


def test_by_hand():
    known = np.arange(1, 101) / 100  # the 95 from .06 on are accepted
    assert fpr95(known, [0.05, 0.06, 0.07, 0.5]) == 0.75


@given(SCORES, SCORES)
def test_equals_scikit_learns_curve(known, unknown):
    labels = [1] * len(known) + [0] * len(unknown)
    false, true, _ = roc_curve(labels, known + unknown, drop_intermediate=False)
    assert fpr95(known, unknown) == pytest.approx(false[true >= 0.95 - 1e-12].min(), abs=1e-12)


@given(SCORES, SCORES)
def test_a_rising_function_of_the_scores_changes_nothing(known, unknown):
    assert fpr95(np.exp(known), np.exp(unknown)) == fpr95(known, unknown)


def test_the_ends_and_ties():
    assert fpr95([2, 3], [0, 1]) == 0
    assert fpr95([0, 1], [2, 3]) == 1
    assert fpr95([1, 1], [1, 1]) == 1
