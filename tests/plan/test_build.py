"""The plan of the demo: its size, its wiring, and what each key depends on."""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from hembench.core.errors import ConfigError
from hembench.core.plugins import PACKAGE
from hembench.plan.build import Networks, build
from hembench.plan.build_sets import Sets
from hembench.plan.difference import Change, made, own_changes
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Plan
from hembench.plan.ledger import entries
from hembench.plan.study import parse

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def fingerprinter() -> Fingerprinter:
    return Fingerprinter(PACKAGE)


def demo() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())
    return config


def is_plain(condition: dict[str, Any]) -> bool:
    """Tell whether a condition of the demo classifies images, and does not learn in episodes."""
    return "continual" not in condition and condition["dataset"] != "digit_scenes"


def plan_of(config: dict[str, Any]) -> Plan:
    return build(parse(config), ROOT / "config" / "recipes", fingerprinter())


def changed(before: Plan, after: Plan) -> Counter[str]:
    """Return how many results of each stage ``after`` has that ``before`` had not."""
    return Counter(job.stage for path, job in after.jobs.items() if path not in before.jobs)


def test_the_demo_has_as_many_results_as_its_study_says() -> None:
    count = Counter(job.stage for job in plan_of(demo()).jobs.values())
    assert (count["train"], count["predict"], count["attack"], count["evaluate"]) == (55, 55, 66, 8)
    # two training sets, one test set for both, four OOD sets, three corruptions; two sets of scenes
    assert (count["fetch"], count["prepare"], count["derive"], count["report"]) == (2, 12, 1, 1)


def test_inputs_come_before_their_consumers_and_exist() -> None:
    seen: set[str] = set()
    for path, job in plan_of(demo()).jobs.items():
        assert set(job.inputs.values()) <= seen
        seen.add(path)


def test_a_key_holds_the_keys_of_its_inputs() -> None:
    plan = plan_of(demo())
    for job in plan.jobs.values():
        assert job.ingredients["inputs"] == {role: plan.jobs[path].key for role, path in job.inputs.items()}


def test_the_driver_is_given_the_functions_that_the_key_hashes() -> None:
    plan = plan_of(demo())
    for job in plan.jobs.values():
        code = fingerprinter().code(entries(job.file, job.plugins))
        assert code.digest == job.ingredients["code"]
        if job.stage == "fetch":
            assert not code.definitions  # what it brings is checked against the sha256 in the key
            continue
        for kind, name, function in job.plugins.values():
            assert f"hembench.{kind}.{name}.{function}" in code.definitions


def test_the_loss_is_in_no_option_that_seeds_a_stream() -> None:
    plan = plan_of(demo())
    by_loss: dict[str, set[tuple[Any, ...]]] = {}
    for job in plan.of_stage("train"):
        streams = (job.options["condition"], job.options["seed"])
        by_loss.setdefault(job.options["loss"]["name"], set()).add(streams)
    scenes = {each for each in by_loss["ce"] if each[0] == "digit_scenes-fcn"}
    assert by_loss["hem"] == by_loss["ce"] - scenes
    assert by_loss["hem_plus"] > scenes


def test_the_same_study_gives_the_same_keys() -> None:
    assert list(plan_of(demo()).jobs) == list(plan_of(demo()).jobs)


def test_an_option_of_one_variant_is_that_variants_alone() -> None:
    config = demo()
    before = plan_of(config)
    config["losses"]["hem"] = {"power": 0.5}
    assert changed(before, plan_of(config)) == {
        "train": 17, "predict": 17, "attack": 18, "evaluate": 7, "table": 7, "figure": 5, "report": 1
    }  # fmt: skip


def test_how_many_processes_train_a_cell_is_in_its_key() -> None:
    config = demo() | {"recipes": {"digits": yaml.safe_load((ROOT / "config/recipes/digits.yaml").read_text())}}
    config["recipes"]["digits"]["processes"] = 2
    two, one = plan_of(config), plan_of(demo())
    assert changed(one, two)["train"] == 33, "the others have recipes of their own"
    assert changed(one, two)["prepare"] == 0
    assert Counter(job.processes for job in two.of_stage("train")) == {2: 33, 1: 22}
    assert {job.processes for stage in ("predict", "attack") for job in two.of_stage(stage)} == {1}


def test_where_things_lie_is_in_no_key() -> None:
    config = demo()
    before = plan_of(config)
    moved = plan_of(config | {"results": "elsewhere", "data_root": "/elsewhere"})
    assert not changed(before, moved)


def test_words_of_the_report_make_only_the_report_anew() -> None:
    config = demo()
    assert changed(plan_of(config), plan_of(config | {"title": "another"})) == {"report": 1}


def test_an_attack_needs_no_training() -> None:
    config = demo()
    before = plan_of(config)
    config["evaluate"]["attacks"][0]["eps"] = 0.2
    new = changed(before, plan_of(config))
    assert new["attack"] == 33
    assert not {"train", "predict", "prepare", "fetch"} & set(new)


def test_ood_sets_and_corruptions_need_no_training_and_no_attack() -> None:
    config = demo()
    before = plan_of(config)
    config["evaluate"]["ood_images"] = 100
    new = changed(before, plan_of(config))
    assert (new["prepare"], new["predict"]) == (4, 33)
    assert not {"train", "attack"} & set(new)


def test_options_of_variants_are_in_the_keys_of_what_asks_for_them() -> None:
    """Of the pages only: a training's own options are in its key anyway, and through it in all that shows it."""
    config = demo() | {"figures": ["summary", "fig10_hem_margin"]}
    figures = {job.options["figure"]["name"]: job.options for job in plan_of(config).of_stage("figure")}
    assert figures["fig10_hem_margin"]["losses"]["hem"]["options"]["margin"] is None
    assert set(figures["fig10_hem_margin"]["losses"]) == set(config["losses"])
    assert "losses" not in figures["summary"]
    assert "facts" not in figures["summary"]


def test_what_conditions_are_is_in_the_keys_of_the_paper_s_figures() -> None:
    config = demo() | {"figures": ["fig2_accuracy"]}
    (figure,) = plan_of(config).of_stage("figure")
    assert [of["name"] for of in figure.options["facts"]] == figure.options["conditions"]
    assert [of["long_tailed"] for of in figure.options["facts"]].count(True) == 1


def test_order_of_conditions_is_for_people_alone() -> None:
    config = demo()
    before = plan_of(config)
    config["conditions"].reverse()
    assert set(changed(before, plan_of(config))) == {"table", "figure", "report"}


def test_a_network_of_a_condition_is_a_recipe_of_its_own_name() -> None:
    config = demo()
    config["recipes"] = {
        "short": {"optimiser": {"name": "sgd", "learning_rate": 0.1}, "epochs": 1, "batch_size": 8}
    }
    config["conditions"][0]["recipe"] = "short"
    names = {job.cell for job in plan_of(config).of_stage("evaluate")}
    assert {"digits-mlp_small-short", "digits-convnet_small", "digits_lt10-mlp_small"} < names
    assert len(names) == 8


def test_severities_that_a_corruption_lacks_are_refused() -> None:
    config = demo()
    config["evaluate"]["severities"] = [9]
    with pytest.raises(ConfigError, match="no severity 9"):
        plan_of(config)


def test_claims_are_judged_where_the_study_asks_for_them() -> None:
    before = plan_of(demo())
    assert before.of_stage("claims") == []
    after = plan_of(demo() | {"claims": {}})
    assert changed(before, after) == {"claims": 1, "report": 1}
    (job,) = after.of_stage("claims")
    assert set(job.inputs.values()) == {evaluation.path for evaluation in before.of_stage("evaluate")}
    assert job.path in after.find("report", "demo").inputs.values()
    assert job.options["margin"] == 1.0
    facts = {condition["name"]: condition["long_tailed"] for condition in job.options["conditions"]}
    tailed = {"digits-mlp_small": False, "digits-convnet_small": False, "digits_lt10-mlp_small": True}
    assert facts | tailed == facts
    assert [name for name, long_tailed in facts.items() if long_tailed] == ["digits_lt10-mlp_small"]
    assert changed(after, plan_of(demo() | {"claims": {"margin": 2}})) == {"claims": 1, "report": 1}
    assert not changed(after, plan_of(demo() | {"claims": {"margin": 1}}))


def test_evaluations_know_what_the_file_of_each_attack_says_of_its_results() -> None:
    config = demo()
    config["evaluate"]["attacks"].append(
        {"attack": "autoattack_official", "norm": "Linf", "eps": 0.1, "images": 40, "label": "official"}
    )
    told = [job.options["attacks"] for job in plan_of(config).jobs.values() if job.file == "evaluate"]
    assert told[0]["autoattack_paper-L2"] == {"drops_wrong": False, "black_box": ["square"]}
    assert told[0]["official-Linf"] == {"drops_wrong": True, "black_box": ["square"]}
    assert set(changed(plan_of(demo()), plan_of(config))) == {"attack", "evaluate", "table", "figure", "report"}


def test_more_attacked_images_than_there_are_is_refused_before_anything_is_trained() -> None:
    config = demo()
    config["evaluate"]["attacks"][0]["images"] = 4000
    with pytest.raises(ConfigError, match="4000 images: the test set of 'digits' has 355"):
        plan_of(config)


@pytest.mark.parametrize("seeds", [1, 6])
def test_what_cells_share_is_worked_out_once_per_condition(seeds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planning a large grid takes seconds: sets and attacks are looked up per condition, not per cell."""
    asked: Counter[str] = Counter()

    def counted(adder: type[Any], name: str) -> None:
        function = getattr(adder, name)

        def count(self: Any, *arguments: Any) -> Any:
            asked[name] += 1
            return function(self, *arguments)

        monkeypatch.setattr(adder, name, count)

    counted(Sets, "corrupted")
    counted(Sets, "ood")
    counted(Networks, "_attack_options")
    config = demo() | {"seeds": list(range(seeds))}
    plan_of(config)
    conditions, evaluate = sum(is_plain(one) for one in config["conditions"]), config["evaluate"]
    (group,) = evaluate["predict"].values()
    assert asked == {
        "corrupted": conditions * len(group["corruptions"]),
        "ood": conditions * len(group["ood"]),
        "_attack_options": conditions * len(evaluate["attacks"]),
    }


def test_versions_of_libraries_are_in_the_keys_where_the_study_asks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = len(plan_of(demo()).jobs)
    keyed = demo() | {"keyed_libraries": True}
    before, unkeyed = plan_of(keyed), plan_of(demo())
    torch = {job.stage for job in before.jobs.values() if "torch" in job.ingredients.get("libraries", {})}
    assert torch == {job.stage for job in before.jobs.values()} - {"fetch"}
    assert sum(changed(before, unkeyed).values()) == whole - 2, "all but the fetches"

    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "9.9" if name == "torch" else version(name))
    assert not changed(unkeyed, plan_of(demo()))
    after = plan_of(keyed)
    assert sum(changed(before, after).values()) == whole - 2
    cell = "digits-mlp_small-hem-s0"
    old, new = (made(plan, plan.find("train", cell)) for plan in (before, after))
    was = version("torch")
    assert own_changes(old, new) == [Change("option", "libraries.torch", was, "9.9")]
