"""Split benchmarks: the classes of a data-set in a random order, so many of them an episode."""

from __future__ import annotations

from hembench.core.streams import numpy_stream
from hembench.episodes._episode import Episode, shares


def split(benchmark: str, seed: int, num_classes: int, episodes: int) -> list[Episode]:
    """Return episodes of equally many classes, in an order that depends on (benchmark, seed) alone.

    Raises:
        InputError: the classes can't be shared equally by so many episodes.
    """
    size = shares(num_classes, episodes, benchmark)
    order = [int(one) for one in numpy_stream(benchmark, seed, "classes").permutation(num_classes)]
    return [Episode(tuple(order[start : start + size])) for start in range(0, num_classes, size)]
