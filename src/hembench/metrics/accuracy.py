"""Share of samples whose predicted class is right."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.metrics._checks import check_classes, check_same_length

MEASURED_ON = ("clean", "corruption", "attack")
SCORES = ()


def accuracy(predicted: ArrayLike, labels: ArrayLike) -> float:
    """Return the share of ``predicted`` (N,) that equals ``labels`` (N,): in [0, 1], larger is better.

    NaN without samples.

    Raises:
        InputError: not whole numbers (N,), or different lengths.
    """
    guesses, truth = check_classes("predicted", predicted), check_classes("labels", labels)
    check_same_length(predicted=guesses, labels=truth)
    return float(np.mean(guesses == truth)) if len(truth) else float("nan")
