"""Intersection over union of predicted and labelled pixels, by one of four reductions."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from hembench.core.errors import InputError
from hembench.metrics._confusion import check_confusion, overlap_and_union

MEASURED_ON = ("dense",)
SCORES = ()

Reduction = Literal["macro", "micro", "macro_imagewise", "micro_imagewise"]


def iou(confusion: ArrayLike, reduction: Reduction = "macro", absent: float = 1.0) -> float:
    """Return the IoU: in [0, 1], larger is better.

    For a class, I pixels have it in label and prediction, U in one of them or both; ignored pixels have neither.

    - macro: I and U are summed over the images; the mean of I / U over the classes. The "mIoU" of CamVid,
      Cityscapes and SBD.
    - micro: I and U are summed over the images and the classes; their ratio. Of a share a of right pixels it is
      a / (2 - a): it says nothing about rare classes.
    - macro_imagewise: the mean of I / U over the pairs of image and class.
    - micro_imagewise: I and U are summed over the classes; the mean of their ratio over the images.

    These are the reductions of segmentation-models-pytorch with its ``zero_division`` as ``absent``; where every
    pixel is ignored, its micro is NaN all the same.

    Args:
        confusion: counts of pixels (N, C, C): image, label, predicted class.
        reduction: one of the four.
        absent: what 0 / 0 counts, a class that is neither labelled nor predicted (in the image, where there is one
            ratio for each); NaN: it is left out of the mean, as Cityscapes' own evaluation does.

    Returns:
        The IoU; NaN without images, or where nothing is left for the mean.

    Raises:
        InputError: ``confusion`` has another shape or values, or there is no such reduction.
    """
    if reduction not in ("macro", "micro", "macro_imagewise", "micro_imagewise"):
        raise InputError(f"reduction={reduction!r}: expected macro, micro, macro_imagewise or micro_imagewise.")
    overlap, union = overlap_and_union(check_confusion(confusion))
    if not len(overlap):
        return float("nan")
    if not reduction.endswith("_imagewise"):
        overlap, union = overlap.sum(axis=0), union.sum(axis=0)
    if reduction.startswith("micro"):
        overlap, union = overlap.sum(axis=-1), union.sum(axis=-1)
    ratios = _ratios(overlap, union, absent)
    ratios = ratios[~np.isnan(ratios)]
    return float(ratios.mean()) if len(ratios) else float("nan")


def iou_of_classes(confusion: ArrayLike) -> np.ndarray:
    """Return the IoU of each class, I and U summed over the images: float64 (C,), NaN where a class is absent.

    Args:
        confusion: counts of pixels (N, C, C): image, label, predicted class.

    Raises:
        InputError: see :func:`iou`.
    """
    overlap, union = overlap_and_union(check_confusion(confusion).sum(axis=0))
    return _ratios(overlap, union, float("nan"))


def _ratios(overlap: np.ndarray, union: np.ndarray, absent: float) -> np.ndarray:
    return np.where(union > 0, overlap / np.maximum(union, 1), absent)
