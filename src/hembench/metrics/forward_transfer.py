"""What learning earlier episodes did for those to come."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.metrics._accuracies import check_accuracies, mean_of

MEASURED_ON = ("episodes",)
SCORES = ()


def forward_transfer(accuracies: ArrayLike) -> float:
    """Return the mean change of later episodes until they are learnt: larger is better.

    From before the training to just before the episode. The first is left out: nothing came before it.

    Args:
        accuracies: (E + 1, E): row k after k episodes, 0 before the training; column j of the j-th episode's test
            images.

    Returns:
        The mean, in [-1, 1]; NaN with fewer than two episodes.

    Raises:
        InputError: another shape, or values that are no shares.
    """
    table = check_accuracies(accuracies)
    return mean_of((np.diagonal(table[:-1]) - table[0])[1:])
