"""Conditions of segmentation: names, what is refused, what keys depend on; who reads class counts and encoders."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hembench.commands._verdicts import touched
from hembench.core import plugins
from hembench.core.errors import ConfigError, PluginError
from hembench.core.plugins import PACKAGE, names
from hembench.plan.build import build
from hembench.plan.cells import Condition, conditions_of
from hembench.plan.claims import condition_facts, facts_of
from hembench.plan.dense import uses_counts
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Plan
from hembench.plan.study import StudyConfig, parse, read
from hembench.plan.written import written_out
from hembench.stats.conditions import SEGMENTATION

ROOT = Path(__file__).resolve().parent.parent.parent
RECIPES = ROOT / "config" / "recipes"
QUICK = {"optimiser": {"name": "adam", "learning_rate": 0.003}, "epochs": 1, "batch_size": 20}
SCENES = {"dataset": "digit_scenes", "network": "fcn", "recipe": "quick"}
ENCODER = {"file": "resnet34.safetensors", "sha256": "ab" * 32}
LOSSES: dict[str, dict[str, Any]] = {loss: {} for loss in ("ce", "ln", "la", "dice", "mm", "hem", "hem_plus")}


def study(*conditions: dict[str, Any], **changes: Any) -> StudyConfig:
    config = {
        "study": "small",
        "seeds": [0],
        "conditions": list(conditions) or [SCENES],
        "recipes": {"quick": QUICK} if any(c.get("recipe") == "quick" for c in conditions or [SCENES]) else {},
        "losses": LOSSES,
        "tables": ["summary"],
        "figures": [],
    }
    return parse(config | changes)


def conditions(*given: dict[str, Any], **changes: Any) -> list[Condition]:
    return conditions_of(study(*given, **changes), RECIPES)


@cache
def fingerprinter() -> Fingerprinter:
    return Fingerprinter(PACKAGE)


def plan_of(*given: dict[str, Any], **changes: Any) -> Plan:
    return build(study(*given, **changes), RECIPES, fingerprinter())


def made_anew(before: Plan, after: Plan) -> Counter[str]:
    return Counter(job.stage for path, job in after.jobs.items() if path not in before.jobs)


def with_dense(**chosen: Any) -> dict[str, Any]:
    return SCENES | {"dense": chosen}


def test_names_say_what_is_chosen_and_streams_do_not() -> None:
    found = conditions(
        with_dense(class_count_unit="pixel"),
        with_dense(class_count_unit="image"),
        with_dense(class_count_unit="pixel_per_image", encoder=ENCODER, normalise=True),
    )
    assert [condition.name for condition in found] == [
        "digit_scenes-fcn-quick",
        "digit_scenes-fcn-quick-image",
        "digit_scenes-fcn-quick-pixel_per_image-encoder_ababab-normalised",
    ]
    assert {condition.streams for condition in found} == {"digit_scenes-fcn-quick"}
    assert found[1].cells[0].name == "digit_scenes-fcn-quick-image-ce-s0"


def test_the_files_of_each_stage() -> None:
    plan = plan_of()
    assert Counter(job.file for job in plan.jobs.values()) == {
        "fetch": 1,
        "prepare_dense": 2,
        "derive_class_counts": 1,
        "train_dense": 7,
        "predict_dense": 7,
        "evaluate_dense": 1,
        "table": 1,
        "report": 1,
    }
    (evaluate,) = plan.of_stage("evaluate")
    assert evaluate.options["metrics"] == [
        "collapsed",
        "iou",
        "iou_macro_imagewise",
        "iou_micro",
        "iou_micro_imagewise",
    ]
    assert len(evaluate.options["classes"]) == 6
    shown = ["digit_scenes-fcn-quick-image-ce-s0", "digit_scenes-fcn-quick-image-hem_plus-s0"]
    assert evaluate.options["examples"] == shown
    kept = [job.cell for job in plan.of_stage("predict") if job.options["keep_predicted"]]
    assert sorted(kept) == [f"{cell}-dense" for cell in shown]
    (train, *_) = plan.of_stage("train")
    assert train.options["task"] == "segmentation"
    assert train.options["ignored"] == 255


def test_trainings_that_count_classes_depend_on_the_counts_and_no_others() -> None:
    assert [loss for loss in names("losses") if uses_counts(loss)] == ["hem", "hem_plus", "la"]
    pixels, images = (plan_of(with_dense(class_count_unit=unit)) for unit in ("pixel", "image"))
    for plan in (pixels, images):
        (counts,) = plan.of_stage("derive")
        readers = {plan.jobs[path].options["loss"]["name"] for path in plan.readers(counts.path)}
        assert readers == {"la", "hem", "hem_plus"}
    keys = [{job.options["loss"]["name"]: job.key for job in plan.of_stage("train")} for plan in (pixels, images)]
    assert {loss for loss in keys[0] if keys[0][loss] != keys[1][loss]} == {"la", "hem", "hem_plus"}


def test_an_encoder_is_an_input_by_its_sha256_and_its_absence_is_the_default() -> None:
    assert not [job for job in plan_of().jobs.values() if job.file == "prepare_encoder"]
    plan = plan_of(with_dense(encoder=ENCODER))
    (job,) = [job for job in plan.jobs.values() if job.file == "prepare_encoder"]
    assert (job.options, job.inputs) == ({"dataset": "encoders", **ENCODER}, {})
    assert len(plan.readers(job.path)) == 7
    other = plan_of(with_dense(encoder=ENCODER | {"sha256": "cd" * 32}))
    assert made_anew(plan, other)["train"] == 7


def test_figures_can_tell_units_apart_by_the_network() -> None:
    both = [with_dense(class_count_unit=unit) for unit in ("pixel", "image")]
    plan = plan_of(*both)
    named = {job.cell: job.options["network"] for job in plan.of_stage("evaluate")}
    assert named == {"digit_scenes-fcn-quick": "fcn", "digit_scenes-fcn-quick-image": "fcn-image"}
    facts = [condition_facts(each, RECIPES) for each in conditions(*both)]
    assert [one["network"] for one in facts] == ["fcn", "fcn-image"]


def test_losses_that_count_nothing_stand_beside_units_that_lack_them_and_are_trained_once() -> None:
    pixels = with_dense(class_count_unit="pixel")
    counted = with_dense(class_count_unit="image") | {"losses": ["hem", "hem_plus"]}
    plan = plan_of(pixels, counted)
    assert len(plan.of_stage("train")) == len(plan.of_stage("predict")) == 9
    (of_images,) = [job for job in plan.of_stage("evaluate") if job.cell.endswith("-image")]
    assert {cell: of["variant"] for cell, of in of_images.options["cells"].items()} == {
        **{f"digit_scenes-fcn-quick-{loss}-s0": loss for loss in ("ce", "ln", "dice", "mm")},
        "digit_scenes-fcn-quick-image-hem-s0": "hem",
        "digit_scenes-fcn-quick-image-hem_plus-s0": "hem_plus",
    }
    assert of_images.options["examples"] == [
        "digit_scenes-fcn-quick-ce-s0",
        "digit_scenes-fcn-quick-image-hem_plus-s0",
    ]
    kept = {job.cell for job in plan.of_stage("predict") if job.options["keep_predicted"]}
    assert kept == {f"digit_scenes-fcn-quick-{cell}-s0-dense" for cell in ("ce", "hem_plus", "image-hem_plus")}
    assert [job.options["examples"] for job in plan.of_stage("evaluate") if job is not of_images] == [[]]
    predicted = {role.removeprefix("predict.dense.") for role in of_images.inputs if role != "clean"}
    assert predicted == set(of_images.options["cells"])
    (report,) = plan.of_stage("report")
    assert report.options["trained"]["digit_scenes-fcn-quick-image"] == ["hem", "hem_plus"]
    own = plan_of(pixels, counted | {"losses": ["ce", "hem"]}).of_stage("evaluate")
    (of_images,) = [job for job in own if job.cell.endswith("-image")]
    assert "digit_scenes-fcn-quick-image-ce-s0" in of_images.options["cells"], "its own goes before"
    assert [of["variant"] for of in of_images.options["cells"].values()].count("ce") == 1
    alone = plan_of(counted, losses={"hem": {}, "hem_plus": {}}).of_stage("evaluate")[0]
    assert len(alone.options["cells"]) == 2, "without a sibling there is none"
    other = plan_of(pixels, counted | {"dense": {"class_count_unit": "image", "normalise": True}})
    (apart,) = [job for job in other.of_stage("evaluate") if job.cell.endswith("-normalised")]
    assert len(apart.options["cells"]) == 2, "its input is another one"


def test_one_unit_stands_for_all() -> None:
    def standing(*units: str) -> list[bool]:
        given = [with_dense(class_count_unit=unit) for unit in units]
        return [each["stands"] for each in facts_of(conditions(*given), RECIPES)]

    assert standing("pixel", "image", "pixel_per_image") == [False, True, False]
    assert standing("pixel", "pixel_per_image") == [True, False]
    facts = facts_of(conditions(SCENES, with_dense(class_count_unit="pixel", normalise=True)), RECIPES)
    assert [one["stands"] for one in facts] == [True, True]
    assert [one["uncounted"] for one in facts] == ["fcn", "fcn-normalised"]
    assert [one["unit"] for one in facts] == ["image", "pixel"]


def test_claims_that_an_edit_touches_are_named_where_pictures_are_shown() -> None:
    """The evaluation reads the test set beside the predictions: it is no network."""
    before, after = (plan_of(with_dense(batch_size=size), claims={}) for size in (8, 4))
    (evaluate,) = before.of_stage("evaluate")
    assert "clean" in evaluate.inputs
    assert touched(before, before) == []
    assert {"SG1", "SG7"} <= set(touched(before, after))


def test_what_changes_how_it_is_predicted_trains_nothing() -> None:
    assert made_anew(plan_of(), plan_of(with_dense(batch_size=4))) == {
        "predict": 7,
        "evaluate": 1,
        "table": 1,
        "report": 1,
    }


def test_another_ignored_label_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = plugins.constants

    def changed(kind: str, name: str) -> dict[str, Any]:
        return real(kind, name) | ({"IGNORED": 0} if name == "digit_scenes" else {})

    monkeypatch.setattr(plugins, "constants", changed)
    with pytest.raises(PluginError, match=r"digit_scenes\.py: IGNORED is 0\. It has to be 255"):
        conditions(SCENES)


def test_camvid_with_11_or_12_classes() -> None:
    labels = {"camvid12": {"dataset": "camvid_subset", "classes": 12}}
    plan = plan_of(
        {"dataset": "camvid_subset", "network": "fcn", "recipe": "quick"},
        {"dataset": "camvid12", "network": "fcn", "recipe": "quick"},
        datasets=labels,
    )
    for stage, number in (("prepare", 4), ("train", 14), ("predict", 14), ("derive", 2)):
        jobs = plan.of_stage(stage)
        assert len(jobs) == number
        for job in jobs:
            assert job.options["num_classes"] == (12 if job.cell.startswith("camvid12") else 11), job.cell
    names_of = {job.cell: job.options["classes"] for job in plan.of_stage("evaluate")}
    assert names_of["camvid12-fcn-quick-image"] == [*names_of["camvid_subset-fcn-quick-image"], "unlabelled"]
    assert names_of["camvid_subset-fcn-quick-image"][-1] == "bicyclist"


@pytest.mark.parametrize(("dataset", "pictures"), [("cityscapes", 64), ("sbd", 512)])
def test_large_sets_are_prepared_in_shards_of_half_a_gigabyte(dataset: str, pictures: int) -> None:
    plan = plan_of({"dataset": dataset, "network": "fcn", "recipe": "quick"})
    for job in plan.of_stage("prepare"):
        assert job.file == "prepare_dense_shards"
        assert job.options["per_shard"] == pictures
    assert {job.plugins["read_set"][1] for job in plan.of_stage("train")} == {"shards"}
    kept = {job.options["keep_predicted"] for job in plan.of_stage("predict")}
    assert kept == {False}
    assert all("clean" not in job.inputs for job in plan.of_stage("evaluate")), "no picture is shown"


def test_a_condition_of_the_paper_is_known_as_such_and_its_task_named() -> None:
    (condition,) = conditions()
    facts = condition_facts(condition, RECIPES)
    assert facts["task"] == "segmentation"
    assert facts["of_paper"] is None


def test_the_written_study_has_what_is_chosen() -> None:
    config = study(with_dense(class_count_unit="image"))
    (written,) = written_out(config, conditions_of(config, RECIPES))["conditions"]
    assert written["dense"] == {
        "class_count_unit": "image",
        "encoder": None,
        "normalise": False,
        "batch_size": 8,
    }
    plain = study()
    assert written_out(plain, conditions_of(plain, RECIPES))["conditions"][0]["dense"]["batch_size"] == 8


CROP = {"name": "crop_and_flip", "flip": True, "crop_padding": 2}
CONTINUAL = {
    "dataset": "digits",
    "network": "mlp",
    "recipe": "quick",
    "continual": {"benchmark": "split_digits", "strategy": "naive"},
}
DIGITS = {"dataset": "digits", "network": "mlp", "recipe": "quick"}


@pytest.mark.parametrize(
    ("given", "changes", "message"),
    [
        ([DIGITS | {"dense": {}}], {}, "'digits' is none"),
        ([SCENES | {"evaluate": "ours"}], {"evaluations": {"ours": {"ood_images": 5}}}, "ours: ood_images of it"),
        ([SCENES], {"evaluate": {"batch_size": 20}}, "batch_size of it is nothing for segmentation"),
        ([SCENES], {"evaluate": {"attacks": []}}, "attacks of it is nothing for segmentation"),
        ([CONTINUAL], {"evaluate": {"metrics": ["accuracy"]}}, "metrics of it is nothing for continual learning"),
        (
            [CONTINUAL | {"evaluate": "ours"}, DIGITS],
            {"evaluations": {"ours": {"scores": ["msp"], "batch_size": 5}}},
            "evaluations.ours: scores of it is nothing for continual learning",
        ),
        ([with_dense(encoder=ENCODER | {"sha256": "ab"})], {}, "dense.encoder.sha256"),
        ([with_dense(encoder=ENCODER | {"file": "../x.safetensors"})], {}, "encoder.file: .* is not of the form"),
        ([with_dense(class_count_unit="pixels")], {}, "dense.class_count_unit"),
        ([SCENES], {"losses": {"class_similarity": {}}}, "not built for segmentation"),
        (
            [SCENES],
            {"recipes": {"quick": QUICK | {"augmentation": CROP}}},
            "does not change the labels of pixels with their pictures. Those that do: random_crop",
        ),
        ([SCENES], {"recipes": {"quick": QUICK | {"processes": 2}}}, "segmentation trains a cell in one"),
        (
            [DIGITS],
            {"evaluate": {"predict": {"main": {"ood": ["digit_scenes"]}}}},
            "'digit_scenes' has a label for each pixel",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(
    given: list[dict[str, Any]], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        plan_of(*given, **({"losses": {"ce": {}}} | changes))


def test_a_batch_size_is_taken_by_continual_learning_and_others_keep_their_evaluation() -> None:
    assert conditions(CONTINUAL, losses={"ce": {}}, evaluate={"batch_size": 5})[0].evaluate.batch_size == 5
    mixed = conditions(SCENES, CONTINUAL, DIGITS, losses={"ce": {}}, evaluate={"ood_images": 5})
    assert mixed[2].evaluate.ood_images == 5


def test_the_papers_study_has_420_trainings_by_the_papers_numbers() -> None:
    config = read(ROOT / "config" / "segmentation.yaml")
    found = conditions_of(config, RECIPES)
    assert sum(len(condition.cells) for condition in found) == 420
    pairs = [condition_facts(condition, RECIPES)["of_paper"] for condition in found]
    assert [tuple(pair or ()) for pair in pairs] == list(SEGMENTATION)
    numbers = {
        (condition.recipe, recipe["optimiser"]["learning_rate"], recipe["batch_size"], recipe["epochs"])
        for condition in found
        for recipe in (cell.recipe for cell in condition.cells)
    }
    assert numbers == {("camvid", 0.1, 12, 100), ("cityscapes", 0.1, 4, 50), ("sbd", 0.05, 4, 50)}
    plan = build(config, RECIPES, fingerprinter())
    assert len(plan.of_stage("derive")) == 3, "classes are counted once for each data-set, whatever the networks"
    for cell in (cell for condition in found for cell in condition.cells):
        sgd = {name: cell.recipe["optimiser"][name] for name in ("name", "momentum", "weight_decay")}
        assert sgd == {"name": "sgd", "momentum": 0.9, "weight_decay": 0.0}
        assert cell.recipe["schedule"]["milestones"] == []


@pytest.mark.parametrize("name", ["camvid", "camvid_subset"])
def test_camvid_is_tried_with_each_meaning_of_a_sample(name: str) -> None:
    found = conditions_of(read(ROOT / "config" / f"{name}.yaml"), RECIPES)
    units = {c.dense.class_count_unit: {cell.variant for cell in c.cells} for c in found if c.dense}
    counted = {"hem", "hem_plus"}
    assert units == {"image": set(LOSSES), "pixel_per_image": counted, "pixel": {"la", *counted}}


def test_another_unit_weights_of_an_encoder_and_normalised_input_are_not_the_papers() -> None:
    camvid = {"dataset": "camvid", "network": "fpn_resnet34"}
    networks = {"fpn_resnet34": {"network": "fpn"}}
    papers = [
        condition_facts(conditions(camvid | {"dense": dense}, networks=networks)[0], RECIPES)["of_paper"]
        for dense in ({}, {"class_count_unit": "pixel"}, {"normalise": True}, {"encoder": ENCODER})
    ]
    assert papers == [["camvid", "fpn_resnet34"], None, None, None]
