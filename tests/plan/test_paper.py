"""The paper's grid and recipes, as numbers that are in the paper."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from hembench.plan.cells import conditions_of
from hembench.plan.plugged import corruptions_of, parts_of
from hembench.plan.recipe import resolve_recipe
from hembench.plan.study import read
from hembench.stats.conditions import LONGTAIL, STANDARD

CONFIG = Path(__file__).parents[2] / "config"
RECIPES = CONFIG / "recipes"
LOSSES = {
    "standard": ["ce", "ln", "dice", "mm", "hem"],
    "long": ["ce", "ln", "dice", "mm", "hem", "la", "hem_plus"],
}
REPEATS = {("imagenet1k", "resnet50"): 3, ("imagenet1k", "swin_t"): 3, ("imagenet1k", "vit_b_16"): 1}


def expected() -> Counter[tuple[str, str, str]]:
    """Return the number of trainings by data-set, network and loss, as section 5 has them."""
    grid = [(of, "standard") for of in STANDARD] + [(of, "long") for of in LONGTAIL]
    return Counter({(*of, loss): REPEATS.get(of, 5) for of, kind in grid for loss in LOSSES[kind]})


def test_the_paper_s_numbers_are_335_and_140() -> None:
    trainings = {of: REPEATS.get(of, 5) * 5 for of in STANDARD}
    assert (len(STANDARD), sum(trainings.values())) == (15, 335)
    assert len(LONGTAIL) * 7 * 5 == 140


def test_every_training_of_the_paper_is_planned_and_no_other() -> None:
    conditions = conditions_of(read(CONFIG / "paper.yaml"), RECIPES)
    found = Counter(
        (condition.dataset, condition.network, cell.variant)
        for condition in conditions
        for cell in condition.cells
    )
    assert found == expected()
    assert sum(found.values()) == 475
    seeds = {cell.seed for condition in conditions for cell in condition.cells}
    assert seeds == {0, 1, 2, 3, 4}


SYNTHETIC = ["blobs", "uniform", "permuted", "phase"]
LARGER = {"Linf": 8 / 255, "L2": 0.5}
MEASURED: list[tuple[str, list[str], int, dict[str, float]]] = [
    ("mnist", ["omniglot", "fashion_mnist", "kmnist"], 15, {"Linf": 0.3, "L2": 2.0}),
    ("cifar10", ["textures", "svhn", "cifar100"], 19, LARGER),
    ("cifar100", ["textures", "svhn", "cifar10"], 19, LARGER),
    ("tiny_imagenet", ["textures", "inaturalist2021", "imagenet_o"], 19, LARGER),
    ("imagenet1k", ["textures", "inaturalist2021", "imagenet_o"], 19, LARGER),
]
"""Data-set, natural OOD sets, corruptions, budgets of the attacks: section 5 and A.1."""


@pytest.mark.parametrize(("name", "natural", "corruptions", "eps"), MEASURED, ids=[name for name, *_ in MEASURED])
def test_what_is_measured(name: str, natural: list[str], corruptions: int, eps: dict[str, float]) -> None:
    study = read(CONFIG / "paper.yaml")
    here = [condition for condition in conditions_of(study, RECIPES) if condition.dataset_plugin.name == name]
    assert here
    for condition in here:
        groups = condition.evaluate.predict
        assert [label for group in groups.values() for label in group.ood] == [*SYNTHETIC, *natural]
        assert sum(len(corruptions_of(study, group)) for group in groups.values()) == corruptions
        means = [len(part) for group in groups.values() for part in parts_of(study, group).values()]
        assert means == ([15] if corruptions == 15 else [19, 18, 15])  # the paper says 18, and not which
        assert {attack.norm: attack.eps for attack in condition.evaluate.attacks} == eps
        assert {attack.images for attack in condition.evaluate.attacks} == {10_000}
        assert condition.evaluate.severities is None


A = {"name": "crop_and_flip", "flip": True, "crop_padding": 4}
SGD = {"name": "sgd", "momentum": 0.9}
ROWS: list[tuple[str, str, dict[str, Any]]] = [
    ("mnist", "all", {"optimiser": {"name": "adam", "weight_decay": 0.0}, "epochs": 20, "batch_size": 128,
                      "schedule": [], "augmentation": None}),
    *((name, "all", {"optimiser": SGD | {"learning_rate": rate, "weight_decay": 5e-4}, "epochs": 110,
                     "batch_size": 128, "schedule": [100, 105], "factor": 0.1, "augmentation": A})
      for name, rate in (("cifar10", 0.1), ("cifar100", 0.1), ("cifar_mobilenet", 0.02))),
    ("cifar_longtail", "all", {"optimiser": SGD | {"learning_rate": 0.1, "weight_decay": 2e-4}, "epochs": 200,
                               "batch_size": 128, "schedule": [160, 180], "factor": 0.01, "augmentation": A}),
    ("tiny_imagenet", "all", {"optimiser": SGD | {"learning_rate": 0.1, "weight_decay": 5e-4}, "epochs": 200,
                              "batch_size": 128, "schedule": [50, 100, 150], "factor": 0.1,
                              "augmentation": A | {"crop_padding": 8}}),
    ("imagenet1k", "all", {"optimiser": SGD | {"learning_rate": 0.1, "weight_decay": 1e-4}, "epochs": 100,
                           "batch_size": 512, "processes": 4, "schedule": [25, 50, 75], "warmup": 0,
                           "augmentation": A | {"crop_padding": 0}}),
    *(("imagenet_swin", loss, {"optimiser": {"name": "adamw"}, "epochs": 100, "batch_size": 256, "schedule": [],
                               "processes": 4, "warmup": epochs})
      for loss, epochs in (("ce", 10), ("hem", 5), ("ln", 5))),
    *(("imagenet_vit", loss, {"optimiser": {"name": "adamw"}, "epochs": 100, "batch_size": 256, "schedule": [],
                              "processes": 4, "warmup": 10}) for loss in ("ce", "hem")),
]  # fmt: skip
"""Recipe, loss ("all": any), settings of A.1.4 and A.2.4."""


@pytest.mark.parametrize(("name", "loss", "row"), ROWS, ids=[f"{name}-{loss}" for name, loss, _ in ROWS])
def test_recipes_have_the_paper_s_numbers(name: str, loss: str, row: dict[str, Any]) -> None:
    recipe = resolve_recipe(name, None, RECIPES, "hem" if loss == "all" else loss)
    assert recipe["optimiser"] | row["optimiser"] == recipe["optimiser"]
    assert recipe["schedule"]["milestones"] == row["schedule"]
    assert recipe["schedule"]["factor"] == row.get("factor", 0.1)
    assert recipe["warmup"]["epochs"] == row.get("warmup", 0)
    for key in ("epochs", "batch_size", "augmentation"):
        assert recipe[key] == row.get(key, recipe[key])
    assert recipe["processes"] == row.get("processes", 1)
    assert (recipe["precision"], recipe["channels_last"], recipe["compile"]) == ("float32", False, False)


def test_only_swin_differs_by_loss() -> None:
    differing = [path.stem for path in RECIPES.glob("*.yaml") if "for_loss" in yaml.safe_load(path.read_text())]
    assert differing == ["imagenet_swin"]
    used = {condition.recipe for condition in conditions_of(read(CONFIG / "paper.yaml"), RECIPES)}
    assert used == {name for name, _, _ in ROWS}


def test_ten_seeds_are_those_of_the_paper_s_study_and_five_more() -> None:
    paper = {one.name: one for one in conditions_of(read(CONFIG / "paper.yaml"), RECIPES)}
    conditions = conditions_of(read(CONFIG / "ten_seeds.yaml"), RECIPES)
    assert len(conditions) == 6
    for condition in conditions:
        of_paper = paper[condition.name]
        assert replace(condition, cells=()) == replace(of_paper, cells=())
        assert all(cell in condition.cells for cell in of_paper.cells)
        assert len(condition.cells) == 2 * len(of_paper.cells)
        assert {cell.seed for cell in condition.cells} == set(range(10))


def test_the_supplement_sweeps_margins_and_temperatures_around_the_paper_s() -> None:
    on = {condition.name: condition for condition in conditions_of(read(CONFIG / "supplement.yaml"), RECIPES)}

    def swept(condition: str, loss: str, option: str) -> list[Any]:
        losses = {cell.variant: cell.loss for cell in on[condition].cells}
        return sorted(
            of.options[option] for of in losses.values() if of.name == loss and of.options[option] is not None
        )

    margins = swept("cifar10-resnet18", "hem", "margin")
    assert margins[0] == 0
    assert margins[-1] / margins[1] > 100  # "more than two orders of magnitude"
    assert margins[1] < 0.2 < 2 < margins[-1]
    assert swept("cifar10_50-resnet18", "hem", "margin")[-1] > 2
    assert swept("cifar10-resnet18", "mm", "margin")[0] < 1.0 < swept("cifar10-resnet18", "mm", "margin")[-1]
    temperatures = swept("cifar10-resnet18", "ln", "temperature")
    assert temperatures[0] < 0.04 < temperatures[-1]
    assert 0.04 in temperatures
    for dataset in ("cifar10", "cifar100"):  # Table 3: four steps, five times
        steps = [
            c for c in on[f"{dataset}-resnet18"].cells if c.variant in ("mm_m02", "mm_maz", "mm_thres", "hem")
        ]
        assert len(steps) == 4 * 5
        assert {c.loss.options["margin"] for c in steps} == {0.2, None}


def test_the_supplement_has_both_exponents_and_cross_entropy_at_the_temperature_of_ln() -> None:
    conditions = conditions_of(read(CONFIG / "supplement.yaml"), RECIPES)
    losses = {cell.variant: cell.loss for cell in conditions[0].cells}
    assert conditions[0].name == "cifar10-resnet18"
    assert losses["hem_p05"] == replace(losses["hem"], options=losses["hem"].options | {"power": 0.5})
    assert losses["ce_t004"].name == "ce"
    assert losses["ce_t004"].options["temperature"] == losses["ln"].options["temperature"] == 0.04
    # 8 temperatures of LN, 7 margins of MM and 10 of HEM with its own, CE's and the two steps and HEM's exponent
    swept = 8 + 7 + 10 + 1 + 2 + 1
    assert [len(one.cells) for one in conditions] == [5 * swept, 5 * 10, 5 * 5, 5 * 2, 5]


def test_the_supplement_halves_the_learning_rate_and_changes_nothing_else() -> None:
    on = {condition.name: condition for condition in conditions_of(read(CONFIG / "supplement.yaml"), RECIPES)}
    half, whole = on["cifar10-wrn22_10-cifar10_half_rate"], on["cifar10-wrn22_10"]
    assert half.evaluate == whole.evaluate
    [slow] = {str(cell.recipe): cell.recipe for cell in half.cells}.values()
    [usual] = {str(cell.recipe): cell.recipe for cell in whole.cells}.values()
    assert (slow["optimiser"]["learning_rate"], usual["optimiser"]["learning_rate"]) == (0.05, 0.1)
    assert slow | {"optimiser": slow["optimiser"] | {"learning_rate": 0.1}} == usual
    assert {cell.variant for cell in half.cells} == {"hem"}
