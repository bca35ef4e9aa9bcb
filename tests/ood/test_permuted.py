from __future__ import annotations

import numpy as np

from hembench.ood.permuted import generate

IMAGES = np.random.default_rng(3).integers(0, 256, (7, 3, 6, 5), dtype=np.uint8)


def _colours(image: np.ndarray) -> np.ndarray:
    """Return the pixels (3,) of an image, sorted."""
    pixels = image.reshape(3, -1).T
    return pixels[np.lexsort(pixels.T)]


def test_the_pixels_are_those_of_the_test_image():
    for made, image in zip(generate(IMAGES, 7, np.random.default_rng(0)), IMAGES, strict=True):
        np.testing.assert_array_equal(_colours(made), _colours(image))
        assert not np.array_equal(made, image)


def _order(image: np.ndarray) -> list[int]:
    return image[0].ravel().tolist()


def test_one_permutation_for_all_or_a_fresh_one_for_each():
    ramp = np.tile(np.arange(30, dtype=np.uint8).reshape(1, 1, 6, 5), (4, 1, 1, 1))
    same = generate(ramp, 4, np.random.default_rng(0), fresh=False)
    assert len({tuple(_order(image)) for image in same}) == 1
    assert _order(same[0]) != list(range(30))
    fresh = generate(ramp, 4, np.random.default_rng(0))
    assert len({tuple(_order(image)) for image in fresh}) == 4
