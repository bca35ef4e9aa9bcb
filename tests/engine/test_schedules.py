from __future__ import annotations

from itertools import pairwise

import pytest

from hembench.engine.schedules import learning_rate


def test_the_rate_drops_after_the_end_of_each_milestone(recipe):
    made = recipe(schedule={"milestones": [100, 105]}, warmup={"epochs": 0})
    rates = [
        learning_rate(made, epoch, step, 391)
        for epoch, step in [(0, 0), (99, 390), (100, 0), (104, 390), (105, 0)]
    ]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001], rel=1e-12)


def test_factor_of_the_long_tailed_recipe(recipe):
    made = recipe(schedule={"milestones": [160, 180], "factor": 0.01}, warmup={"epochs": 0})
    assert learning_rate(made, 159, 0, 10) == 0.1
    assert learning_rate(made, 160, 0, 10) == pytest.approx(1e-3)
    assert learning_rate(made, 199, 9, 10) == pytest.approx(1e-5)


def test_without_milestones_and_warmup_it_is_constant(recipe):
    made = recipe(schedule={"milestones": []}, warmup={"epochs": 0})
    assert {learning_rate(made, epoch, step, 7) for epoch in range(50) for step in range(7)} == {0.1}


def test_warmup_is_geometric_per_step_and_ends_at_the_full_rate(recipe):
    made = recipe(schedule={"milestones": []}, warmup={"epochs": 2, "start_factor": 0.01})
    rates = [learning_rate(made, epoch, step, 5) for epoch in range(3) for step in range(5)]
    assert rates[0] == pytest.approx(0.001)
    assert rates[5] == pytest.approx(0.01)  # half way: the geometric mean of 0.001 and 0.1
    ratios = [after / before for before, after in pairwise(rates[:11])]
    assert ratios == pytest.approx([100**0.1] * 10)
    assert rates[10:] == [0.1] * 5


def test_a_milestone_within_the_warmup_counts_too(recipe):
    made = recipe(schedule={"milestones": [1]}, warmup={"epochs": 2, "start_factor": 0.01})
    assert learning_rate(made, 1, 0, 4) == pytest.approx(0.1 * 0.1 * 0.1)
