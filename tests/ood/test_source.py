from __future__ import annotations

import numpy as np

from hembench.ood._source import chosen

IMAGES = np.zeros((5, 1, 2, 2), dtype=np.uint8)


def test_fewer_are_a_random_subset_in_file_order():
    indices = chosen(IMAGES, 3, np.random.default_rng(0))
    assert len(set(indices)) == 3
    assert list(indices) == sorted(indices)
    assert any(list(chosen(IMAGES, 3, np.random.default_rng(seed))) != list(indices) for seed in range(1, 9))


def test_all_or_more_go_round():
    assert chosen(IMAGES, 5, np.random.default_rng(0)).tolist() == [0, 1, 2, 3, 4]
    assert chosen(IMAGES, 12, np.random.default_rng(0)).tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
