from __future__ import annotations

import numpy as np

from hembench.corruptions.contrast import corrupt


def test_pixels_move_towards_the_mean_of_their_channel():
    image = np.array([[[[0, 200]], [[100, 100]]]], dtype=np.uint8)
    assert corrupt(image, 2, np.random.default_rng(0)).tolist() == [[[[50, 150]], [[100, 100]]]]
