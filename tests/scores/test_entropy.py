from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import softmax

from hembench.scores.entropy import entropy


def test_equals_scipys_entropy_with_its_sign_turned():
    logits = np.random.default_rng(0).normal(0, 3, (100, 6))
    np.testing.assert_allclose(entropy(logits), -stats.entropy(softmax(logits, axis=1), axis=1), rtol=1e-12)


def test_range():
    assert entropy(np.zeros((1, 5)))[0] == pytest.approx(-np.log(5))
    assert entropy(np.array([[900.0, 0.0, 0.0]]))[0] == 0
