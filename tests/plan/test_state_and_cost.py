from __future__ import annotations

from typing import Any

import pytest

from hembench.core.errors import ConfigError
from hembench.plan.cost import ROUGH_SECONDS, Measured, price
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


def manifest(seconds: float, seed: int, device: str = "cpu", **options: Any) -> dict[str, Any]:
    return {
        "stage": "train",
        "ingredients": {"options": {"seed": seed, **options}},
        "run": {"wall_seconds": seconds},
        "environment": {"device": device},
        "files": {"weights": {"size": 1000}},
    }


def measured(*manifests: dict[str, Any]) -> list[Measured]:
    return [result for m in manifests if (result := Measured.of(m)) is not None]


def test_the_price_is_the_median_of_like_results() -> None:
    known = measured(
        *(manifest(s, i, epochs=5) for i, s in enumerate([100, 3600, 9000])), manifest(7, 0, epochs=1)
    )
    cost = price([job("train", "b", seed=8, epochs=5), job("train", "c", seed=9, epochs=5)], known)
    assert (cost.cpu_hours, cost.gpu_hours, cost.bytes, cost.estimated_jobs) == (2.0, 0.0, 2000, 0)


def test_gpu_hours_are_counted_apart() -> None:
    cost = price([job("train", "b", seed=8)], measured(manifest(1800, 0, "cuda")))
    assert (cost.cpu_hours, cost.gpu_hours) == (0.0, 0.5)


def test_without_measurements_the_price_is_marked_as_an_estimate() -> None:
    cost = price([job("train", "b")], [])
    assert cost.estimated_jobs == 1
    assert cost.cpu_hours == ROUGH_SECONDS["train"] / 3600
    assert "rough" in cost.words()


def test_an_adopted_result_says_nothing_about_time() -> None:
    assert Measured.of({**manifest(5, 0), "adoption": {"because": "renamed"}}) is None
