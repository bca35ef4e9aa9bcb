from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hembench.core.errors import InputError
from hembench.metrics.acceptance_threshold import acceptance_threshold


def test_signature():
    parameters = inspect.signature(acceptance_threshold).parameters
    assert list(parameters) == ["confidence", "correct", "share"]
    assert parameters["share"].default == 0.95


def test_the_lower_of_two_samples():
    scores = np.arange(1, 101) / 100
    assert acceptance_threshold(scores, np.ones(100)) == 0.05
    assert (scores >= 0.05).mean() == 0.96


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=80))
def test_equals_numpys_lower_quantile(scores):
    threshold = acceptance_threshold(scores, np.ones(len(scores)))
    assert threshold == np.quantile(scores, 0.05, method="lower")
    assert np.mean(np.array(scores) >= threshold) >= 0.95


def test_only_right_samples_count():
    confidence = np.array([0.1, 0.2, 0.9, 0.8])
    assert acceptance_threshold(confidence, [False, False, True, True]) == 0.8


@pytest.mark.parametrize(("share", "threshold"), [(1.0, 1), (0.9, 2), (0.8, 3), (0.7, 4), (0.1, 10)])
def test_share_without_rounding_trouble(share, threshold):
    assert acceptance_threshold(np.arange(1, 12), np.ones(11), share) == threshold


def test_no_right_sample_gives_nan():
    assert math.isnan(acceptance_threshold([0.5, 0.6], [False, False]))


@pytest.mark.parametrize("share", [0, 1.1, float("nan")])
def test_a_wrong_share_is_refused(share):
    with pytest.raises(InputError, match="share"):
        acceptance_threshold([0.5], [True], share=share)
