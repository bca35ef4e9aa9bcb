"""Accuracy after the last episode: the paper's number for continual learning (A.3.2)."""

from __future__ import annotations

from numpy.typing import ArrayLike

from hembench.metrics._accuracies import check_accuracies, mean_of

MEASURED_ON = ("episodes",)
SCORES = ()


def final_accuracy(accuracies: ArrayLike) -> float:
    """Return the mean over episodes of their accuracy at the end: larger is better.

    Every episode counts the same, as in the paper's test sets with "equal numbers of samples from each sub-task".

    Args:
        accuracies: (E + 1, E): row k after k episodes, 0 before the training; column j of the j-th episode's test
            images.

    Returns:
        The mean, in [0, 1]; NaN without episodes.

    Raises:
        InputError: another shape, or values that are no shares.
    """
    return mean_of(check_accuracies(accuracies)[-1])
