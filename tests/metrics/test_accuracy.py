from __future__ import annotations

import inspect

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from hembench.core.errors import InputError
from hembench.metrics.accuracy import accuracy


def test_signature():
    assert str(inspect.signature(accuracy)).startswith("(predicted: ")
    assert list(inspect.signature(accuracy).parameters) == ["predicted", "labels"]


def test_equals_scikit_learn():
    rng = np.random.default_rng(0)
    predicted, labels = rng.integers(0, 5, 333), rng.integers(0, 5, 333)
    assert accuracy(predicted, labels) == accuracy_score(labels, predicted)


def test_by_hand():
    assert accuracy([1, 2, 3, 4], [1, 2, 0, 4]) == 0.75


def test_logits_instead_of_classes_are_refused():
    with pytest.raises(InputError, match=r"predicted: expected class numbers \(N,\), got float64"):
        accuracy([0.5, 1.0], [0, 1])


def test_different_lengths_are_refused():
    with pytest.raises(InputError, match="predicted 2, labels 3"):
        accuracy([0, 1], [0, 1, 1])
