from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from hembench.scores.energy import energy


def test_equals_scipys_logsumexp():
    logits = np.random.default_rng(0).normal(0, 30, (100, 6))
    np.testing.assert_allclose(energy(logits), logsumexp(logits, axis=1), rtol=1e-13)


def test_a_common_shift_shifts_it():
    logits = np.array([[1.0, 2.0, 3.0]])
    np.testing.assert_allclose(energy(logits + 7), energy(logits) + 7)
