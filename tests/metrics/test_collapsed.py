from __future__ import annotations

import math

import numpy as np

from hembench.metrics._confusion import confusion_of
from hembench.metrics.collapsed import collapsed

LABELS = np.array([[[0, 1, 2, 255]]])


def test_one_class_everywhere():
    assert collapsed(confusion_of(np.full((1, 1, 4), 1), LABELS, 3, 255)) == 1
    assert collapsed(confusion_of(np.array([[[1, 1, 1, 2]]]), LABELS, 3, 255)) == 1  # the 2 is ignored


def test_two_classes():
    assert collapsed(confusion_of(np.array([[[1, 1, 2, 2]]]), LABELS, 3, 255)) == 0


def test_in_different_images():
    two = confusion_of(np.array([[[1, 1, 1, 1]], [[0, 0, 0, 0]]]), np.repeat(LABELS, 2, axis=0), 3, 255)
    assert collapsed(two[:1]) == collapsed(two[1:]) == 1
    assert collapsed(two) == 0


def test_no_pixels():
    assert math.isnan(collapsed(np.zeros((2, 3, 3), dtype=int)))
