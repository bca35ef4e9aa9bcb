from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hembench.core.errors import InputError
from hembench.metrics.ece import ece


def test_signature():
    parameters = inspect.signature(ece).parameters
    assert list(parameters) == ["confidence", "correct", "bins"]
    assert parameters["bins"].default == 15


def test_by_hand_with_two_bins():
    confidence, correct = [0.2, 0.4, 0.8, 1.0], [False, True, True, True]
    # (0, .5]: accuracy .5, confidence .3; (.5, 1]: accuracy 1, confidence .9
    assert ece(confidence, correct, bins=2) == pytest.approx(0.5 * 0.2 + 0.5 * 0.1)


def test_bins_are_closed_above():
    assert ece([0.5, 0.6], [True, False], bins=2) == pytest.approx((0.5 + 0.6) / 2)  # two bins, not one
    assert ece([0.0, 1.0], [True, True], bins=1) == pytest.approx(0.5)


@given(
    st.lists(st.tuples(st.integers(0, 64), st.booleans()), min_size=1, max_size=60), st.sampled_from([1, 2, 4, 16])
)
def test_equals_a_slow_reference(samples, bins):
    confidence, correct = np.array([c / 64 for c, _ in samples]), np.array([r for _, r in samples])
    expected = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = (confidence > low) & (confidence <= high) | ((confidence == 0) & (number == 0))
        if inside.any():
            expected += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    assert ece(confidence, correct, bins) == pytest.approx(expected, abs=1e-12)


def test_perfect_and_worst():
    assert ece([1.0, 1.0], [True, True]) == 0
    assert ece([1.0, 1.0], [False, False]) == 1


@pytest.mark.parametrize("confidence", [[1.5, 0.5], [-0.1, 0.5]])
def test_scores_that_are_no_probabilities_are_refused(confidence):
    with pytest.raises(InputError, match="probabilities"):
        ece(confidence, [True, False])


def test_no_bins_are_refused():
    with pytest.raises(InputError, match="bins=0"):
        ece([0.5], [True], bins=0)
