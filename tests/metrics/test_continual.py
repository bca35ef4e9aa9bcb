"""Numbers of an accuracy matrix, by hand and by their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from hembench.core.errors import InputError
from hembench.metrics.backward_transfer import backward_transfer
from hembench.metrics.final_accuracy import final_accuracy
from hembench.metrics.forgetting import forgetting
from hembench.metrics.forward_transfer import forward_transfer
from hembench.metrics.learning_accuracy import learning_accuracy
from hembench.metrics.stream_accuracy import stream_accuracy

TABLE = [
    [0.10, 0.20, 0.30],  # before
    [0.90, 0.25, 0.35],
    [0.60, 0.80, 0.45],
    [0.70, 0.50, 0.95],
]
ALL = [backward_transfer, final_accuracy, forgetting, forward_transfer, learning_accuracy]


def test_by_hand():
    assert final_accuracy(TABLE) == pytest.approx((0.70 + 0.50 + 0.95) / 3)
    assert stream_accuracy(TABLE, [10, 30, 60]) == pytest.approx(0.07 + 0.15 + 0.57)
    assert learning_accuracy(TABLE) == pytest.approx((0.90 + 0.80 + 0.95) / 3)
    assert backward_transfer(TABLE) == pytest.approx(((0.70 - 0.90) + (0.50 - 0.80)) / 2)
    assert forward_transfer(TABLE) == pytest.approx(((0.25 - 0.20) + (0.45 - 0.30)) / 2)
    assert forgetting(TABLE) == pytest.approx(((0.90 - 0.70) + (0.80 - 0.50)) / 2)


def test_the_best_before_the_last_episode_counts_as_known():
    """Episode 1 was at its best after episode 2, and episode 2 gains by the last one: a negative loss."""
    table = [[0, 0, 0], [0.5, 0.1, 0], [0.8, 0.6, 0], [0.7, 0.9, 1]]
    assert forgetting(table) == pytest.approx(((0.8 - 0.7) + (0.6 - 0.9)) / 2)
    assert backward_transfer(table) == pytest.approx(((0.7 - 0.5) + (0.9 - 0.6)) / 2)


def test_what_was_there_before_the_training_is_not_forgotten():
    assert forgetting([[1.0, 1.0], [0.5, 0.2], [0.5, 0.9]]) == 0.0


def test_a_network_that_does_not_change_forgets_nothing_and_transfers_nothing():
    row = np.random.default_rng(0).random(5)
    table = np.tile(row, (6, 1))
    assert (forgetting(table), backward_transfer(table), forward_transfer(table)) == (0.0, 0.0, 0.0)
    assert final_accuracy(table) == learning_accuracy(table) == pytest.approx(row.mean())


def test_equal_episodes_weigh_the_same_in_both():
    assert stream_accuracy(TABLE, [7, 7, 7]) == pytest.approx(final_accuracy(TABLE))


@pytest.mark.parametrize("metric", [backward_transfer, forward_transfer, forgetting])
def test_one_episode_has_no_others(metric):
    assert np.isnan(metric([[0.1], [0.9]]))


@pytest.mark.parametrize("metric", ALL)
@pytest.mark.parametrize("table", [np.zeros((5, 5)), np.full((3, 2), 1.5), np.zeros(6), np.full((3, 2), np.nan)])
def test_no_matrix_of_shares_is_refused(metric, table):
    with pytest.raises(InputError, match="accuracies: expected"):
        metric(table)


def test_numbers_of_images_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="accuracies 3, images 2"):
        stream_accuracy(TABLE, [1, 2])
    with pytest.raises(InputError, match="images: expected numbers of images"):
        stream_accuracy(TABLE, [1, 2, -1])
