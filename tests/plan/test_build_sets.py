"""OOD sets that are data-sets, and sets of corruptions: what the plan makes of their names."""

from __future__ import annotations

from typing import Any

import pytest

from hembench.core.errors import ConfigError
from hembench.core.plugins import PACKAGE
from hembench.plan.build import build
from hembench.plan.cells import conditions_of, written_out
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Plan
from hembench.plan.study import parse

RECIPES = PACKAGE.parents[1] / "config" / "recipes"
FINGERPRINTER = Fingerprinter(PACKAGE)


def study(**group: Any) -> dict[str, Any]:
    return {
        "study": "small",
        "seeds": [0],
        "conditions": [{"dataset": "digits", "network": "mlp"}],
        "losses": {"ce": {}},
        "evaluate": {"predict": {"main": group}},
    }


def plan_of(config: dict[str, Any]) -> Plan:
    return build(parse(config), RECIPES, FINGERPRINTER)


def test_a_data_set_as_ood_set_is_fetched_and_prepared_for_itself() -> None:
    plan = plan_of(study(ood=["kmnist", "uniform"]))
    assert {job.cell for job in plan.of_stage("fetch")} == {"digits", "kmnist"}
    adapted = plan.find("prepare", "digits-ood-kmnist")
    assert adapted.file == "prepare_ood_natural"
    assert adapted.options == {
        "dataset": "digits",
        "ood": {"name": "kmnist", "options": {"invert": False}},
        "image_shape": [1, 8, 8],
    }
    source = plan.jobs[adapted.inputs["natural"]]
    assert (source.cell, source.plugins["read"]) == ("kmnist-test", ("datasets", "kmnist", "test"))
    assert plan.jobs[source.inputs["raw"]].ingredients["data"]["files"]
    [prediction] = plan.of_stage("predict")
    assert prediction.inputs["ood.kmnist"] == adapted.path


def test_a_natural_set_does_not_depend_on_the_size_of_the_made_ones() -> None:
    config = study(ood=["kmnist", "uniform"])
    before = plan_of(config)
    config["evaluate"]["ood_images"] = 7
    after = plan_of(config)
    for name, same in (("digits-ood-kmnist", True), ("digits-ood-uniform", False)):
        assert (before.find("prepare", name).path == after.find("prepare", name).path) is same


def test_a_label_can_turn_black_and_white() -> None:
    config = study(ood=["turned"]) | {"ood": {"turned": {"ood": "omniglot_background_small", "invert": True}}}
    job = plan_of(config).find("prepare", "digits-ood-turned")
    assert job.options["ood"] == {"name": "omniglot_background_small", "options": {"invert": True}}


def test_report_names_the_source_of_every_data_set() -> None:
    [report] = plan_of(study(ood=["kmnist"])).of_stage("report")
    assert set(report.options["data"]) == {"digits", "kmnist"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (study(ood=["kmnits"]), "'kmnits' is unknown.*kmnist"),
        (study(ood=["digits"]), "'digits' can't be an OOD set for networks that are trained on it"),
        (
            study(ood=["turned"]) | {"ood": {"turned": {"ood": "kmnist", "inverted": True}}},
            "data-set 'kmnist' as OOD set.*no option 'inverted'.*invert",
        ),
        (
            study() | {"conditions": [{"dataset": "kmnist", "network": "mlp", "recipe": "digits"}]},
            "conditions.0: data-set 'kmnist' has no training part",
        ),
    ],
)
def test_wrong_names_are_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan_of(config)


def test_the_study_written_out_names_the_options() -> None:
    parsed = parse(study(ood=["kmnist"]))
    assert written_out(parsed, conditions_of(parsed, RECIPES))["ood"] == {
        "kmnist": {"ood": "kmnist", "invert": False}
    }
