"""Permuted benchmarks: all classes in every episode, the pixels of all its images in another order."""

from __future__ import annotations

import numpy as np

from hembench.core.errors import InputError
from hembench.core.streams import numpy_stream
from hembench.episodes._episode import Episode


def permuted(
    benchmark: str, seed: int, num_classes: int, image_shape: tuple[int, int, int], episodes: int
) -> list[Episode]:
    """Return episodes, each with an order of pixels, also the first, that depends on (benchmark, seed) alone.

    Raises:
        InputError: fewer than two episodes.
    """
    if episodes < 2:
        raise InputError(f"{benchmark}: episodes={episodes}: expected at least 2.")
    _, height, width = image_shape
    orders = [numpy_stream(benchmark, seed, "pixels", n).permutation(height * width) for n in range(episodes)]
    return [Episode(tuple(range(num_classes)), order.astype(np.int64)) for order in orders]
