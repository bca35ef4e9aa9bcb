from __future__ import annotations

import numpy as np

from hembench.scores.mls import mls


def test_the_largest_logit():
    assert mls(np.array([[1.0, 3.5, -2.0], [-4.0, -1.0, -9.0]], dtype=np.float32)).tolist() == [3.5, -1.0]
