from __future__ import annotations

from typing import Any

import pytest

from hembench.core.errors import ConfigError
from hembench.plan.jobs import Job, Plan, by_path
from hembench.plan.state import states


def job(stage: str, cell: str, inputs: dict[str, Job] | None = None, **options: Any) -> Job:
    keys = {role: source.key for role, source in (inputs or {}).items()}
    ingredients = {"stage": stage, "schema": 1, "options": options, "code": "c", "inputs": keys}
    paths = {role: source.path for role, source in (inputs or {}).items()}
    return Job(stage, cell, stage, options, {}, paths, ingredients)


def small_plan() -> tuple[Plan, Job, Job, Job]:
    train = job("train", "a-s0", seed=0)
    predict = job("predict", "a-s0-main", {"network": train})
    attack = job("attack", "a-s0-x", {"network": train})
    return Plan("small", by_path([train, predict, attack]), {"c": {}}), train, predict, attack


def test_a_missing_training_that_nobody_needs_is_not_needed() -> None:
    plan, train, predict, attack = small_plan()
    assert states(plan, lambda j: j != train) == {
        train.path: "not needed",
        predict.path: "done",
        attack.path: "done",
    }


def test_a_missing_training_that_a_missing_result_needs_is_missing() -> None:
    plan, train, predict, attack = small_plan()
    found = states(plan, lambda j: j == predict)
    assert found == {train.path: "missing", predict.path: "done", attack.path: "missing"}


def test_a_plan_survives_json() -> None:
    plan, *_ = small_plan()
    assert Plan.from_json(plan.to_json()) == plan


def test_the_same_job_twice_is_one() -> None:
    assert len(by_path([job("train", "a"), job("train", "a")])) == 1


def test_find_names_the_nearest() -> None:
    plan, train, *_ = small_plan()
    assert plan.find("train", "a-s0") is train
    with pytest.raises(ConfigError, match="Did you mean 'a-s0'"):
        plan.find("train", "a-s9")
    with pytest.raises(ConfigError, match="Did you mean 'train'"):
        plan.find("trian", "a-s0")
