from __future__ import annotations

import numpy as np
import torch

from hembench.scores.msp import msp


def test_equals_torchs_float32_softmax():
    logits = np.random.default_rng(0).normal(0, 5, (500, 10)).astype(np.float32)
    expected = torch.from_numpy(logits).softmax(dim=1).amax(dim=1).numpy()
    confidence = msp(logits)
    assert confidence.dtype == np.float32
    np.testing.assert_allclose(confidence, expected, rtol=5e-7)


def test_saturates_as_float32_does():
    gaps = np.array([16.0, 17.0, 30.0, 50.0], dtype=np.float32)
    logits = np.stack([gaps, np.zeros_like(gaps)], axis=1)
    assert (msp(logits) == 1).tolist() == [False, True, True, True]


def test_flat_logits_give_one_over_classes():
    np.testing.assert_allclose(msp(np.full((2, 8), 3.0)), 1 / 8)
