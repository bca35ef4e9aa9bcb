from __future__ import annotations

import numpy as np
import pytest

from hembench.corruptions.salt_and_pepper import AMOUNT, corrupt


@pytest.mark.parametrize("severity", AMOUNT)
def test_the_share_of_values_that_are_lost_and_half_of_them_white(severity: int) -> None:
    grey = np.full((40, 1, 50, 50), 100, dtype=np.uint8)
    noisy = corrupt(grey, severity, np.random.default_rng(0))
    black, white, kept = ((noisy == value).mean() for value in (0, 255, 100))
    assert black == pytest.approx(AMOUNT[severity] / 2, abs=0.01)
    assert white == pytest.approx(AMOUNT[severity] / 2, abs=0.01)
    assert black + white + kept == 1.0
