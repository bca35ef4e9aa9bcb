from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from hembench.metrics.auroc import auroc

SCORES = st.lists(st.integers(-20, 20).map(lambda n: n / 4), min_size=1, max_size=30)
"""Multiples of 1/4: ties are frequent and arithmetic is exact."""


def test_signature():
    assert list(inspect.signature(auroc).parameters) == ["known", "unknown"]


def test_by_hand_with_one_tie():
    assert auroc([0.9, 0.8, 0.7, 0.4], [0.6, 0.5, 0.7, 0.1]) == 0.78125  # 12.5 of 16 pairs


@given(SCORES, SCORES)
def test_equals_scikit_learn(known, unknown):
    labels = [1] * len(known) + [0] * len(unknown)
    assert auroc(known, unknown) == pytest.approx(roc_auc_score(labels, known + unknown), abs=1e-12)


@given(SCORES, SCORES)
def test_equals_the_count_over_all_pairs(known, unknown):
    pairs = [(k > u) + 0.5 * (k == u) for k in known for u in unknown]
    assert auroc(known, unknown) == sum(pairs) / len(pairs)


@given(SCORES, SCORES)
def test_swapping_the_sides_gives_the_complement(known, unknown):
    assert auroc(known, unknown) + auroc(unknown, known) == pytest.approx(1, abs=1e-15)


@given(SCORES, SCORES)
def test_a_rising_function_of_the_scores_changes_nothing(known, unknown):
    assert auroc(np.exp(known), np.exp(unknown)) == auroc(known, unknown)


def test_all_equal_is_chance_and_the_ends_are_reached():
    assert auroc(np.ones(7, dtype=np.float32), np.ones(3)) == 0.5
    assert auroc([2, 3], [0, 1]) == 1
    assert auroc([0, 1], [2, 3]) == 0


def test_infinite_scores_are_in_order():
    assert auroc([np.inf, 1], [-np.inf, 1]) == 0.875


def test_many_samples_are_counted_exactly():
    known = np.arange(100_000)
    assert auroc(known + 0.5, known) == (100_000 * 100_001 / 2) / 100_000**2
