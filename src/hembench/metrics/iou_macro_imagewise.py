"""Mean IoU over the pairs of image and class; a class that is neither labelled nor predicted there counts 1."""

from __future__ import annotations

from numpy.typing import ArrayLike

from hembench.metrics.iou import iou

MEASURED_ON = ("dense",)
SCORES = ()


def iou_macro_imagewise(confusion: ArrayLike) -> float:
    """Return the IoU, reduction macro_imagewise: see :func:`hembench.metrics.iou.iou`; larger is better.

    Args:
        confusion: counts of pixels (N, C, C): image, label, predicted class.

    Raises:
        InputError: ``confusion`` has another shape or values.
    """
    return iou(confusion, "macro_imagewise")
