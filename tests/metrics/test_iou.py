from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hembench.core.errors import InputError
from hembench.core.vision import import_torchvision
from hembench.metrics._confusion import confusion_of
from hembench.metrics.collapsed import collapsed
from hembench.metrics.iou import iou, iou_of_classes

REDUCTIONS = ("macro", "micro", "macro_imagewise", "micro_imagewise")
IGNORED = 255
CLASSES = 4

LABELS = arrays(np.uint8, (3, 4, 5), elements=st.sampled_from([*range(CLASSES), IGNORED]))
GUESSES = arrays(np.uint8, (3, 4, 5), elements=st.integers(0, CLASSES - 1))


def _sets(labels, predicted, of_class):
    """Return the pixels of a class, as sets of positions in label and in prediction, ignored ones nowhere."""
    pixels = [place for place in np.ndindex(labels.shape) if labels[place] != IGNORED]
    return {p for p in pixels if labels[p] == of_class}, {p for p in pixels if predicted[p] == of_class}


def _slowly(labels, predicted, reduction, absent):
    """The definitions, with sets of pixels."""

    def ratio(pairs):
        together = sum(len(a & b) for a, b in pairs)
        either = sum(len(a | b) for a, b in pairs)
        return together / either if either else absent

    images = [[_sets(y, p, c) for c in range(CLASSES)] for y, p in zip(labels, predicted, strict=True)]
    by_class = list(zip(*images, strict=True))
    ratios = {
        "macro": [ratio(pairs) for pairs in by_class],
        "micro": [ratio([pair for pairs in images for pair in pairs])],
        "macro_imagewise": [ratio([pair]) for pairs in images for pair in pairs],
        "micro_imagewise": [ratio(pairs) for pairs in images],
    }[reduction]
    counted = [value for value in ratios if not math.isnan(value)]
    return sum(counted) / len(counted) if counted else math.nan


@pytest.mark.parametrize("absent", [1.0, 0.0, math.nan])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@given(labels=LABELS, predicted=GUESSES)
def test_the_definitions(labels, predicted, reduction, absent):
    found = iou(confusion_of(predicted, labels, CLASSES, IGNORED), reduction, absent)
    assert found == pytest.approx(_slowly(labels, predicted, reduction, absent), rel=1e-12, nan_ok=True)


def test_by_hand():
    labels = np.array([[[0, 0, 1, 255]], [[1, 1, 1, 1]]])
    predicted = np.array([[[0, 1, 1, 2]], [[1, 1, 1, 0]]])
    confusion = confusion_of(predicted, labels, 3, 255)
    assert confusion.tolist() == [[[1, 1, 0], [0, 1, 0], [0, 0, 0]], [[0, 0, 0], [1, 3, 0], [0, 0, 0]]]
    assert confusion.dtype == np.int64
    # class 0: 1 of 3, class 1: 4 of 6, class 2: nowhere
    assert iou_of_classes(confusion) == pytest.approx([1 / 3, 2 / 3, math.nan], nan_ok=True)
    assert iou(confusion, "macro") == pytest.approx((1 / 3 + 2 / 3 + 1) / 3)
    assert iou(confusion) == iou(confusion, "macro")
    assert iou(confusion, "macro", absent=math.nan) == pytest.approx(1 / 2)
    assert iou(confusion, "micro") == pytest.approx(5 / 9)
    assert iou(confusion, "micro_imagewise") == pytest.approx((2 / 4 + 3 / 5) / 2)
    assert iou(confusion, "macro_imagewise") == pytest.approx((1 / 2 + 1 / 2 + 1 + 0 + 3 / 4 + 1) / 6)


@given(labels=LABELS, predicted=GUESSES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_library_s_own(labels, predicted, reduction):
    """segmentation-models-pytorch, which the paper used."""
    import_torchvision()
    from segmentation_models_pytorch.metrics import get_stats, iou_score

    output, target = (torch.from_numpy(array.astype(np.int64)) for array in (predicted, labels))
    stats = get_stats(output, target, mode="multiclass", num_classes=CLASSES, ignore_index=IGNORED)
    expected = float(iou_score(*stats, reduction=reduction.replace("_", "-"), zero_division=1.0))
    if reduction == "micro" and (labels == IGNORED).all():
        assert math.isnan(expected)  # its zero_division misses this one ratio
        expected = 1.0
    assert iou(confusion_of(predicted, labels, CLASSES, IGNORED), reduction) == pytest.approx(expected, rel=1e-6)


@given(labels=LABELS, predicted=GUESSES)
def test_micro_is_a_function_of_the_share_of_right_pixels(labels, predicted):
    confusion = confusion_of(predicted, labels, CLASSES, IGNORED)
    if confusion.any():
        share = np.trace(confusion.sum(0)) / confusion.sum()
        assert iou(confusion, "micro") == pytest.approx(share / (2 - share))


@given(labels=LABELS, predicted=GUESSES, order=st.permutations(range(CLASSES)))
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_neither_names_of_classes_nor_sides_matter(labels, predicted, order, reduction):
    confusion = confusion_of(predicted, labels, CLASSES, IGNORED)
    renamed = confusion[:, order][:, :, order]
    assert iou(renamed, reduction) == pytest.approx(iou(confusion, reduction))
    assert iou(confusion.swapaxes(1, 2), reduction) == pytest.approx(iou(confusion, reduction))
    assert iou(confusion * 7, reduction) == pytest.approx(iou(confusion, reduction))


@given(labels=LABELS)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_perfect_prediction_has_1(labels, reduction):
    assert iou(confusion_of(np.where(labels == IGNORED, 0, labels), labels, CLASSES, IGNORED), reduction) == 1


@given(labels=LABELS, predicted=GUESSES)
def test_ignored_pixels_are_not_counted(labels, predicted):
    confusion = confusion_of(predicted, labels, CLASSES, IGNORED)
    assert confusion.sum() == np.count_nonzero(labels != IGNORED)
    changed = np.where(labels == IGNORED, (predicted + 1) % CLASSES, predicted)
    np.testing.assert_array_equal(confusion_of(changed, labels, CLASSES, IGNORED), confusion)


@pytest.mark.parametrize(
    ("predicted", "labels", "message"),
    [
        (np.zeros((1, 2, 2), int), np.zeros((1, 2, 3), int), "twice"),
        (np.zeros((2, 2), int), np.zeros((2, 2), int), "twice"),
        (
            np.zeros((1, 2, 2), int),
            np.full((1, 2, 2), 3),
            "labels: image 0 has values from 3 to 3, expected 0",
        ),
        (np.full((1, 2, 2), 255), np.zeros((1, 2, 2), int), "predicted: image 0 has values from 255"),
        (np.full((1, 2, 2), -1), np.zeros((1, 2, 2), int), "predicted: image 0 has values from -1"),
    ],
)
def test_what_is_no_picture_of_classes_is_refused(predicted, labels, message):
    with pytest.raises(InputError, match=message):
        confusion_of(predicted, labels, 3, 255)


@pytest.mark.parametrize(
    ("confusion", "message"),
    [
        (np.ones((2, 3, 3)), "whole numbers"),
        (np.ones((2, 3, 4), int), r"\(N, C, C\)"),
        (np.ones((3, 3), int), r"\(N, C, C\)"),
        (-np.ones((2, 3, 3), int), "counts of pixels, got -1"),
    ],
)
def test_what_is_no_confusion_matrix_is_refused(confusion, message):
    for metric in (iou, iou_of_classes, collapsed):
        with pytest.raises(InputError, match=message):
            metric(confusion)


def test_an_unknown_reduction_is_refused():
    with pytest.raises(InputError, match="reduction='mean': expected macro, micro"):
        iou(np.ones((1, 2, 2), int), "mean")
