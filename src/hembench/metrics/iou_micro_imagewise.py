"""Mean over images of the IoU of all their pixels alike."""

from __future__ import annotations

from numpy.typing import ArrayLike

from hembench.metrics.iou import iou

MEASURED_ON = ("dense",)
SCORES = ()


def iou_micro_imagewise(confusion: ArrayLike) -> float:
    """Return the IoU, reduction micro_imagewise: see :func:`hembench.metrics.iou.iou`; larger is better.

    Args:
        confusion: counts of pixels (N, C, C): image, label, predicted class.

    Raises:
        InputError: ``confusion`` has another shape or values.
    """
    return iou(confusion, "micro_imagewise")
