from __future__ import annotations

import numpy as np

from hembench.corruptions.blur import corrupt


def test_a_point_becomes_a_round_spot_of_the_same_sum():
    image = np.zeros((1, 1, 15, 15), dtype=np.uint8)
    image[0, 0, 7, 7] = 255
    spot = corrupt(image, 5, np.random.default_rng(0))[0, 0]
    np.testing.assert_array_equal(spot, spot.T)
    assert spot[7, 7] == 41  # 255 / (2 pi) = 40.6 for a standard deviation of one pixel
    assert abs(int(spot.sum()) - 255) < 12


def test_channels_and_images_do_not_mix():
    images = np.zeros((2, 2, 8, 8), dtype=np.uint8)
    images[0, 1] = 255
    np.testing.assert_array_equal(corrupt(images, 5, np.random.default_rng(0)), images)
