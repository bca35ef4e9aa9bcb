from __future__ import annotations

import numpy as np

from hembench.ood.uniform import generate


def test_all_values_are_equally_likely():
    images = generate(np.zeros((1, 1, 32, 32), dtype=np.uint8), 500, np.random.default_rng(0))
    counts = np.bincount(images.ravel(), minlength=256)
    expected = images.size / 256
    assert np.abs(counts - expected).max() < 6 * np.sqrt(expected)
