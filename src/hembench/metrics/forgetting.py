"""How much of the best accuracy that earlier episodes ever had is lost at the end."""

from __future__ import annotations

from numpy.typing import ArrayLike

from hembench.metrics._accuracies import check_accuracies, mean_of

MEASURED_ON = ("episodes",)
SCORES = ()


def forgetting(accuracies: ArrayLike) -> float:
    """Return the mean loss of earlier episodes from their best before the last one: SMALLER is better.

    Negative where the last episode made them better than ever. The row before the training is left out.

    Args:
        accuracies: (E + 1, E): row k after k episodes, 0 before the training; column j of the j-th episode's test
            images.

    Returns:
        The mean, in [-1, 1]; NaN with fewer than two episodes.

    Raises:
        InputError: another shape, or values that are no shares.
    """
    table = check_accuracies(accuracies)[1:]
    if len(table) < 2:
        return float("nan")
    return mean_of((table[:-1].max(axis=0) - table[-1])[:-1])
