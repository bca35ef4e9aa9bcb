from __future__ import annotations

import numpy as np
import pytest

from hembench.corruptions.noise import SIGMA, corrupt


@pytest.mark.parametrize("severity", [1, 2])
def test_the_noise_has_its_standard_deviation(severity):
    grey = np.full((50, 1, 32, 32), 128, dtype=np.uint8)
    difference = corrupt(grey, severity, np.random.default_rng(0)) / 255 - 128 / 255
    assert difference.std() == pytest.approx(SIGMA[severity], rel=0.02)
    assert abs(difference.mean()) < 0.003


def test_the_seed_matters():
    grey = np.full((1, 1, 8, 8), 128, dtype=np.uint8)
    made = [corrupt(grey, 3, np.random.default_rng(seed)).tobytes() for seed in (1, 2)]
    assert made[0] != made[1]
