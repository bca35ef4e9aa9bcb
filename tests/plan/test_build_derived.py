"""What a loss learns from data before its trainings."""

from __future__ import annotations

from typing import Any

import pytest

from hembench.core.errors import ConfigError
from hembench.core.plugins import PACKAGE
from hembench.plan.build import build
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Plan
from hembench.plan.study import parse

RECIPES = PACKAGE.parents[1] / "config" / "recipes"


def study(**losses: Any) -> dict[str, Any]:
    return {
        "study": "small",
        "seeds": [0, 1],
        "conditions": [{"dataset": "digits", "network": "mlp"}],
        "losses": {"ce": {}, **losses},
    }


def plan_of(config: dict[str, Any]) -> Plan:
    return build(parse(config), RECIPES, Fingerprinter(PACKAGE))


def test_its_trainings_read_the_matrix_and_no_others_do() -> None:
    plan = plan_of(study(similar={"loss": "class_similarity"}))
    [derived] = plan.of_stage("derive")
    assert derived.cell == "digits-mlp-similarity"
    reading = {job.cell for job in plan.jobs.values() if derived.path in job.inputs.values()}
    assert reading == {"digits-mlp-similar-s0", "digits-mlp-similar-s1"}
    assert {plan.find("train", cell).file for cell in reading} == {"train_derived"}
    alone = plan_of(study())
    assert {job.path for job in alone.of_stage("train")} <= set(plan.jobs)


def test_each_fold_is_predicted_by_a_network_that_never_saw_it() -> None:
    plan = plan_of(study(similar={"loss": "class_similarity", "folds": 4}))
    [derived] = plan.of_stage("derive")
    assert len(derived.inputs) == 4
    for fold in range(4):
        predicted = plan.jobs[derived.inputs[f"fold.{fold}"]]
        network, held = (plan.jobs[predicted.inputs[role]] for role in ("network", "clean"))
        rest = plan.jobs[network.inputs["train"]]
        assert network.options["loss"]["name"] == "ce"
        assert (held.options["fold"], held.options["held"]) == (fold, True)
        assert (rest.options["fold"], rest.options["held"]) == (fold, False)
        assert rest.inputs == held.inputs


def test_weights_share_what_was_learnt_and_a_matrix_that_is_given_needs_none() -> None:
    two = {"a": {"loss": "class_similarity"}, "b": {"loss": "class_similarity", "weight": 0.2}}
    assert len(plan_of(study(**two)).of_stage("derive")) == 1
    matrix = [[float(i != j) for j in range(10)] for i in range(10)]
    given = plan_of(study(given={"loss": "class_similarity", "matrix": matrix}))
    assert not given.of_stage("derive")
    assert given.find("train", "digits-mlp-given-s0").file == "train"


def test_a_set_that_fits_no_memory_is_refused() -> None:
    config = study(similar={"loss": "class_similarity"})
    config["conditions"] = [{"dataset": "imagenet1k", "network": "mlp"}]
    config["recipes"] = {}
    with pytest.raises(ConfigError, match="sets that fit no memory, as 'imagenet1k': give it a `matrix`"):
        plan_of(config)
