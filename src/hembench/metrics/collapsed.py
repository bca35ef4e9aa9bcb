"""Whether a network sees one and the same class in every pixel: a training that collapsed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.metrics._confusion import check_confusion

MEASURED_ON = ("dense",)
SCORES = ()


def collapsed(confusion: ArrayLike) -> float:
    """Return 1 where one class alone is predicted over all images, else 0: SMALLER is better.

    Args:
        confusion: counts of pixels (N, C, C): image, label, predicted class. Ignored pixels are not in it.

    Returns:
        0 or 1; NaN without pixels.

    Raises:
        InputError: ``confusion`` has another shape or values.
    """
    predicted = check_confusion(confusion).sum(axis=(0, 1))
    return float(np.count_nonzero(predicted) == 1) if predicted.any() else float("nan")
