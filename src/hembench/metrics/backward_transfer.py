"""What learning later episodes did to earlier ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.metrics._accuracies import check_accuracies, mean_of

MEASURED_ON = ("episodes",)
SCORES = ()


def backward_transfer(accuracies: ArrayLike) -> float:
    """Return the mean change of earlier episodes from when they were learnt to the end: larger is better.

    The last episode is left out: nothing came after it.

    Args:
        accuracies: (E + 1, E): row k after k episodes, 0 before the training; column j of the j-th episode's test
            images.

    Returns:
        The mean, in [-1, 1]; NaN with fewer than two episodes.

    Raises:
        InputError: another shape, or values that are no shares.
    """
    table = check_accuracies(accuracies)
    return mean_of((table[-1] - np.diagonal(table[1:]))[:-1])
