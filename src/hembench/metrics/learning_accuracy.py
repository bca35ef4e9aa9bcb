"""How well each episode was learnt, measured when it was."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.metrics._accuracies import check_accuracies, mean_of

MEASURED_ON = ("episodes",)
SCORES = ()


def learning_accuracy(accuracies: ArrayLike) -> float:
    """Return the mean over episodes of their accuracy right after they were learnt: larger is better.

    Args:
        accuracies: (E + 1, E): row k after k episodes, 0 before the training; column j of the j-th episode's test
            images.

    Returns:
        The mean, in [0, 1]; NaN without episodes.

    Raises:
        InputError: another shape, or values that are no shares.
    """
    return mean_of(np.diagonal(check_accuracies(accuracies)[1:]))
