from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hembench.scores.log_msp import log_msp
from hembench.scores.msp import msp


def test_is_the_logarithm_of_msp_where_that_does_not_saturate():
    logits = np.random.default_rng(0).normal(0, 2, (200, 10)).astype(np.float32)
    np.testing.assert_allclose(log_msp(logits), np.log(msp(logits).astype(float)), rtol=1e-4, atol=1e-7)


@given(arrays(np.float32, (8, 4), elements=st.floats(-40, 40, width=32)))
def test_never_contradicts_the_order_of_msp(logits):
    coarse, fine = msp(logits).astype(float), log_msp(logits)
    clearly_less = coarse[:, None] < coarse[None, :] * (1 - 1e-6)
    assert (fine[:, None] < fine[None, :])[clearly_less].all()


def test_keeps_the_order_where_msp_is_exactly_one():
    gaps = np.array([20.0, 21.0, 90.0, 91.0, 700.0], dtype=np.float32)
    logits = np.stack([gaps, np.zeros_like(gaps), np.zeros_like(gaps)], axis=1)
    assert (msp(logits) == 1).all()
    assert (np.diff(log_msp(logits)) > 0).all()
    np.testing.assert_allclose(log_msp(logits), -np.log1p(2 * np.exp(-gaps.astype(float))), rtol=1e-12)


def test_two_largest_logits_are_both_counted():
    assert log_msp(np.array([[5.0, 5.0, -900.0]]))[0] == pytest.approx(-np.log(2))
