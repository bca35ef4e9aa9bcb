"""Conditions of continual learning: names, defaults, what is refused, and what their keys depend on."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from hembench.core.errors import ConfigError
from hembench.core.plugins import PACKAGE
from hembench.plan.build import build
from hembench.plan.cells import Condition, conditions_of
from hembench.plan.claims import condition_facts
from hembench.plan.cost import _data
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Plan
from hembench.plan.study import StudyConfig, parse
from hembench.plan.written import written_out

ROOT = Path(__file__).resolve().parent.parent.parent
RECIPES = ROOT / "config" / "recipes"
QUICK = {"optimiser": {"name": "adam", "learning_rate": 0.001}, "epochs": 1, "batch_size": 32}
OF = {"dataset": "digits", "network": "mlp", "recipe": "quick"}


def study(*continual: dict[str, Any], dataset: str = "digits", **changes: Any) -> StudyConfig:
    config = {
        "study": "small",
        "seeds": [0],
        "conditions": [{**OF, "dataset": dataset, "continual": each} for each in continual],
        "recipes": {"quick": QUICK},
        "losses": {"ce": {}, "hem": {}},
        "tables": ["continual"],
        "figures": [],
    }
    return parse(config | changes)


def conditions(*continual: dict[str, Any], **changes: Any) -> list[Condition]:
    return conditions_of(study(*continual, **changes), RECIPES)


@cache
def fingerprinter() -> Fingerprinter:
    return Fingerprinter(PACKAGE)


def plan_of(*continual: dict[str, Any], **changes: Any) -> Plan:
    return build(study(*continual, **changes), RECIPES, fingerprinter())


def made_anew(before: Plan, after: Plan) -> Counter[str]:
    return Counter(job.stage for path, job in after.jobs.items() if path not in before.jobs)


SPLIT = {"benchmark": "split_digits", "strategy": "si"}
PERMUTED = {"benchmark": "permuted_digits", "strategy": "ewc"}


def test_names_say_benchmark_strategy_and_incremental_type_and_what_is_not_the_default() -> None:
    found = conditions(
        SPLIT,
        SPLIT | {"incremental": "task"},
        SPLIT | {"incremental": "task", "units": "masked"},
        SPLIT | {"units": "seen", "normalise": False},
        SPLIT | {"optimiser": "new", "held_out": 0.05, "counts": "episode"},
        SPLIT | {"held_out": 0.125},
        PERMUTED,
    )
    assert [condition.name for condition in found] == [
        "split_digits-si-class-mlp-quick",
        "split_digits-si-task-mlp-quick",
        "split_digits-si-task-masked-mlp-quick",
        "split_digits-si-class-seen-raw-mlp-quick",
        "split_digits-si-class-new_optimiser-held_out_5-episode_counts-mlp-quick",
        "split_digits-si-class-held_out_12_5-mlp-quick",
        "permuted_digits-ewc-domain-mlp-quick",
    ]
    assert found[0].cells[0].name == "split_digits-si-class-mlp-quick-ce-s0"


def test_defaults_are_filled_in() -> None:
    (condition,) = conditions(SPLIT | {"incremental": "task"})
    assert condition.continual is not None
    assert condition.continual.options() == {
        "episodes": {"name": "split_digits", "options": {"episodes": 5}},
        "strategy": {
            "name": "si",
            "options": {"strength": 1.0, "damping": 0.1, "clip": 0.001, "gradient": "total"},
        },
        "incremental": "task",
        "units": "own",
        "normalise": {"mean": [0.3052], "std": [0.376]},
        "optimiser": "kept",
        "held_out": 0.0,
        "counts": "dataset",
    }
    config = study(SPLIT)
    document = written_out(config, conditions_of(config, RECIPES))
    assert document["conditions"][0]["continual"] == SPLIT | {
        "incremental": "class",
        "units": "all",
        "normalise": True,
        "optimiser": "kept",
        "held_out": 0.0,
        "counts": "dataset",
    }
    assert document["strategies"]["si"]["clip"] == 0.001
    assert document["episodes"]["split_digits"] == {"benchmark": "split_digits", "episodes": 5}


def test_strategies_and_benchmarks_have_labels() -> None:
    (condition,) = conditions(
        {"benchmark": "split_two", "strategy": "replay_50"},
        strategies={"replay_50": {"strategy": "replay", "size": 50}},
        episodes={"split_two": {"benchmark": "split_digits", "episodes": 2}},
    )
    assert condition.name == "split_two-replay_50-class-mlp-quick"
    assert condition.continual is not None
    assert condition.continual.strategy_plugin.options["size"] == 50
    assert condition.continual.benchmark_plugin.options == {"episodes": 2}


@pytest.mark.parametrize(
    ("given", "changes", "words"),
    [
        (SPLIT, {"dataset": "mnist"}, "'split_digits' divides 'digits', not 'mnist'"),
        (SPLIT | {"incremental": "domain"}, {}, "'domain' is nothing for 'split_digits': expected class or task"),
        (PERMUTED | {"incremental": "task"}, {}, "'task' is nothing for 'permuted_digits': expected domain"),
        (SPLIT | {"units": "own"}, {}, "'own' is nothing for incremental: class: expected all or seen"),
        (SPLIT | {"strategy": "ewk"}, {}, "strategy 'ewk' is unknown. Did you mean 'ewc'"),
        (SPLIT | {"benchmark": "split_digit"}, {}, "Did you mean 'split_digits'"),
        (SPLIT, {"strategies": {"other": {"strategy": "si"}}}, "'other' is defined but used nowhere"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, Any], changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        conditions(given, **changes)
    assert words in str(caught.value)


def test_a_loss_that_learns_from_the_whole_training_set_first_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'class_similarity' .* not built for continual learning"):
        conditions(SPLIT, losses={"class_similarity": {}})


def test_several_processes_are_refused() -> None:
    with pytest.raises(ConfigError, match="2 processes, and continual learning trains a cell in one"):
        conditions(SPLIT, recipes={"quick": QUICK | {"processes": 2}})


def test_unknown_keys_and_wrong_options_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"unknown key .*continual\.strateg"):
        conditions({"benchmark": "split_digits", "strateg": "si"})
    with pytest.raises(ConfigError, match="option 'clip' of 'si'"):
        conditions(SPLIT | {"strategy": "si_0"}, strategies={"si_0": {"strategy": "si", "clip": 0}})


def test_the_plan_has_a_training_a_prediction_for_each_cell_and_metrics_for_each_condition() -> None:
    count = Counter((job.stage, job.file) for job in plan_of(SPLIT, PERMUTED).jobs.values())
    assert count["train", "train"] == count["predict", "predict_episodes"] == 4
    assert count["evaluate", "evaluate_episodes"] == 2
    assert count["prepare", "prepare"] == 2  # one training and one test set for both
    assert count["table", "table"] == count["report", "report"] == 1


def test_a_training_depends_on_strategy_and_benchmark_and_a_prediction_on_no_strategy_by_itself() -> None:
    plan = plan_of(SPLIT)
    training = next(job for job in plan.jobs.values() if job.stage == "train")
    assert training.plugins["strategy"] == ("strategies", "si", "build")
    assert training.plugins["episodes"] == ("episodes", "split_digits", "divide")
    assert training.plugins["task"] == ("tasks", "continual", "train")
    prediction = next(job for job in plan.jobs.values() if job.stage == "predict")
    assert "strategy" not in prediction.plugins
    assert prediction.plugins["task"] == ("tasks", "continual", "predict")
    code = {name for job in (training, prediction) for name in plan.code[job.ingredients["code"]]}
    assert any(name.startswith("hembench.strategies.si.") for name in code)
    assert not any(name.startswith("hembench.strategies.ewc") for name in code)


def test_another_strength_trains_again_and_another_batch_of_prediction_does_not() -> None:
    before = plan_of(SPLIT)
    after = plan_of(SPLIT | {"strategy": "si_2"}, strategies={"si_2": {"strategy": "si", "strength": 2.0}})
    assert made_anew(before, after)["train"] == 2
    again = made_anew(before, plan_of(SPLIT, evaluate={"batch_size": 100}))
    assert (again["train"], again["predict"], again["evaluate"]) == (0, 2, 1)


def test_it_stands_beside_classification_which_it_changes_in_nothing() -> None:
    plain = {"dataset": "digits", "network": "mlp", "recipe": "quick"}
    alone = build(study(conditions=[plain]), RECIPES, fingerprinter())
    both = build(study(conditions=[plain, {**OF, "continual": SPLIT}]), RECIPES, fingerprinter())
    science = ("fetch", "prepare", "train", "predict", "evaluate")
    assert {path for path, job in alone.jobs.items() if job.stage in science} <= set(both.jobs)


def test_it_is_no_condition_of_the_paper_s_classification() -> None:
    config = study({"benchmark": "permuted_mnist", "strategy": "ewc"}, dataset="mnist")
    (condition,) = conditions_of(config, RECIPES)
    facts = condition_facts(condition, RECIPES)
    assert (facts["of_paper"], facts["task"]) == (None, "continual")
    assert (facts["dataset"], facts["network"]) == ("permuted_mnist", "ewc (domain)"), (
        "the type beside each number"
    )


def test_figure_7_is_told_strategies_incremental_types_and_the_guess_of_the_sixteen() -> None:
    plain = {**OF, "recipe": "quick"}
    config = study(
        conditions=[plain, {**OF, "continual": SPLIT | {"incremental": "task"}}],
        figures=["fig7_continual", "accuracy_matrix"],
        claims={"sixteen": "B"},
    )
    plan = build(config, RECIPES, fingerprinter())
    options = {job.options["figure"]["name"]: job.options for job in plan.of_stage("figure")}
    pair = {"split_digits-si-task-mlp-quick": {"strategy": "si", "incremental": "task"}}
    assert options["fig7_continual"]["pairs"] == {"sixteen": "B", "conditions": pair}
    assert "pairs" not in options["accuracy_matrix"]


def test_what_a_cell_costs_is_reckoned_by_its_data_set() -> None:
    plan = plan_of(SPLIT)
    training = next(job for job in plan.jobs.values() if job.stage == "train")
    sizes, shape = _data(training)
    assert (sizes["train"], shape) == (1442, (1, 8, 8))


@pytest.mark.parametrize(
    ("name", "trainings", "of"),
    [
        ("continual_digits", 30, 5),
        ("continual_mnist", 150, 10),
        ("continual", 500, 20),
        ("continual_alternatives", 96, 23),
    ],
)
def test_the_studies_of_the_project_are_planned(name: str, trainings: int, of: int) -> None:
    config = yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    count = Counter(job.stage for job in build(parse(config), RECIPES, fingerprinter()).jobs.values())
    assert (count["train"], count["predict"], count["evaluate"]) == (trainings, trainings, of)


def test_epochs_are_the_script_s_or_ten_times_as_many_for_cifar_and_networks_those_of_the_scripts() -> None:
    config = yaml.safe_load((ROOT / "config" / "continual.yaml").read_text())
    found = {}
    for condition in conditions_of(parse(config), RECIPES):
        assert condition.continual is not None
        pair = (condition.continual.benchmark, condition.continual.strategy_plugin.name)
        found[pair] = condition.cells[0].recipe["epochs"]
    assert len(found) == 20
    epochs = {"replay": 20, "si": 10, "ewc": 10, "lfl": 3, "lwf": 21}
    for (benchmark, strategy), number in found.items():
        assert number == epochs[strategy] * (10 if "cifar" in benchmark else 1)


def test_what_is_chosen_within_a_strategy_begins_alike_and_sees_the_same_batches() -> None:
    chosen = ({"strategy": "strong"}, {"normalise": False}, {"optimiser": "new"}, {"units": "seen"})
    strong = {"strong": {"strategy": "si", "strength": 10}}
    base, *others = conditions(SPLIT, *(SPLIT | each for each in chosen), strategies=strong)
    assert base.streams == base.name
    assert {one.streams for one in others} == {base.streams}
    assert len({one.name for one in [base, *others]}) == 5
    (other,) = conditions(SPLIT | {"strategy": "ewc"})
    assert other.streams == other.name != base.streams
