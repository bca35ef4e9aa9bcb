from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hembench.core.errors import InputError
from hembench.datasets._longtail import long_tail, long_tail_counts


@pytest.mark.parametrize(
    ("largest", "num_classes", "imbalance", "total", "last"),
    [
        (5000, 10, 100, 12_406, [139, 83, 50]),
        (5000, 10, 10, 20_431, [834, 645, 500]),
        (500, 100, 100, 10_847, [5, 5, 5]),
        (500, 100, 10, 19_573, [52, 51, 50]),
    ],
)
def test_totals_of_the_papers_long_tailed_cifar_sets(largest, num_classes, imbalance, total, last):
    counts = long_tail_counts(largest, num_classes, imbalance)
    assert sum(counts) == total
    assert counts[-3:] == last
    assert counts[0] == largest


def test_all_counts_of_cifar10_with_ratio_100():
    assert long_tail_counts(5000, 10, 100) == [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]


@given(
    smallest=st.integers(1, 50),
    imbalance=st.integers(1, 40),
    num_classes=st.integers(2, 30),
)
def test_the_ratio_is_the_one_asked_for(smallest, imbalance, num_classes):
    counts = long_tail_counts(smallest * imbalance, num_classes, float(imbalance))
    assert counts[0] == smallest * imbalance
    assert counts[-1] == smallest
    assert counts == sorted(counts, reverse=True)


def test_keeps_the_first_samples_in_file_order():
    labels = np.array([1, 0, 1, 0, 1, 0, 1, 0])
    assert long_tail(labels, 2, 2.0).tolist() == [0, 1, 2, 3, 5, 7]


def test_the_smallest_class_bounds_the_largest():
    labels = np.array([0] * 9 + [1] * 4)
    kept = long_tail(labels, 2, 2.0)
    assert np.bincount(labels[kept]).tolist() == [4, 2]


def test_a_ratio_of_one_keeps_everything():
    labels = np.array([0] * 9 + [1] * 4)
    assert long_tail(labels, 2, 1.0).tolist() == list(range(13))


@pytest.mark.parametrize("imbalance", [0.5, 0.0, -3.0, float("nan")])
def test_a_ratio_below_one_is_refused(imbalance):
    with pytest.raises(InputError, match="at least 1"):
        long_tail_counts(100, 10, imbalance)


def test_an_empty_class_is_refused():
    with pytest.raises(InputError, match=r"empty.*at most 100"):
        long_tail_counts(100, 10, 101)
