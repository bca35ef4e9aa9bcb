"""Accuracy after the last episode over all test images alike, whichever episode they are of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.core.errors import InputError
from hembench.metrics._accuracies import check_accuracies
from hembench.metrics._checks import check_same_length

MEASURED_ON = ("episodes",)
SCORES = ()


def stream_accuracy(accuracies: ArrayLike, images: ArrayLike) -> float:
    """Return the share of all test images that are right at the end: larger is better.

    Args:
        accuracies: (E + 1, E): row k after k episodes, 0 before the training; column j of the j-th episode's test
            images.
        images: (E,), test images of each episode.

    Returns:
        The share, in [0, 1]; NaN without images.

    Raises:
        InputError: another shape, or values that are no shares or counts.
    """
    last, sizes = check_accuracies(accuracies)[-1], np.asarray(images)
    whole = np.issubdtype(sizes.dtype, np.integer) or sizes.size == 0
    if sizes.ndim != 1 or not whole or (sizes < 0).any():
        raise InputError(f"images: expected numbers of images (E,), got {sizes.dtype} {sizes.shape}.")
    check_same_length(accuracies=last, images=sizes)
    return float(last @ sizes / sizes.sum()) if sizes.sum() else float("nan")
