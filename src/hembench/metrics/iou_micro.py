"""IoU of all pixels alike: it grows with the share of right pixels, and says nothing of rare classes."""

from __future__ import annotations

from numpy.typing import ArrayLike

from hembench.metrics.iou import iou

MEASURED_ON = ("dense",)
SCORES = ()


def iou_micro(confusion: ArrayLike) -> float:
    """Return the IoU, reduction micro: see :func:`hembench.metrics.iou.iou`; larger is better, NaN without images.

    Args:
        confusion: counts of pixels (N, C, C): image, label, predicted class.

    Raises:
        InputError: ``confusion`` has another shape or values.
    """
    return iou(confusion, "micro")
