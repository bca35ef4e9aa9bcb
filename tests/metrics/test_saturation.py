from __future__ import annotations

import numpy as np

from hembench.metrics.saturation import saturation
from hembench.scores.msp import msp


def test_the_share_of_exact_ones():
    logits = np.array([[40.0, 0.0], [10.0, 0.0], [0.0, 25.0], [1.0, 1.0]], dtype=np.float32)
    assert saturation(msp(logits)) == 0.5


def test_nearly_one_is_not_one():
    assert saturation(np.array([np.nextafter(np.float32(1), np.float32(0)), 1.0], dtype=np.float32)) == 0.5
