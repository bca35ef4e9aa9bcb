"""What verdicts know of a study: which of its conditions are the paper's."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from hembench.core import plugins
from hembench.plan.cells import conditions_of
from hembench.plan.claims import PAPER, condition_facts, facts
from hembench.plan.study import ClaimsConfig, StudyConfig, read
from hembench.stats.conditions import ABLATION, CONTINUAL, LONGTAIL, SEGMENTATION, STANDARD, SWEEPS
from hembench.stats.sixteen import SIXTEEN

RECIPES = Path(__file__).parents[2] / "config" / "recipes"


def of_paper(
    dataset: dict[str, object], network: dict[str, object], recipe: str = "cifar10", **own: object
) -> list[str] | None:
    """Return what the only condition of a study is said to be, with labels that say nothing."""
    study = StudyConfig.model_validate(
        {
            "study": "x",
            "seeds": [0],
            "conditions": [{"dataset": "some", "network": "mine", "recipe": recipe}],
            "datasets": {"some": dataset},
            "networks": {"mine": network},
            "losses": {"ce": {}},
            "evaluate": {},
            "recipes": {"own": own} if own else {},
        }
    )
    (condition,) = facts("x", conditions_of(study, RECIPES), ["ce"], ClaimsConfig(), RECIPES)["conditions"]
    assert (condition["dataset"], condition["network"]) == ("some", "mine")
    found: list[str] | None = condition["of_paper"]
    return found


@pytest.mark.parametrize(
    ("network", "name"),
    [
        ({"network": "lenet"}, "lenet"),
        ({"network": "lenet", "channels": 16}, "lenet"),
        ({"network": "lenet", "channels": 6}, None),
        ({"network": "resnet", "depth": 32}, "resnet32"),
        ({"network": "resnet"}, "resnet18"),
        ({"network": "wide_resnet", "depth": 22, "widen": 10}, "wrn22_10"),
        ({"network": "wide_resnet", "depth": 22, "widen": 2}, None),
    ],
)
def test_a_network_of_the_paper_is_known_by_its_options_not_by_its_label(
    network: dict[str, object], name: str | None
) -> None:
    found = of_paper({"dataset": "cifar10"}, network)
    assert found == (None if name is None else ["cifar10", name])


def test_a_long_tailed_data_set_is_known_by_its_imbalance() -> None:
    resnet: dict[str, object] = {"network": "resnet", "depth": 32}
    assert of_paper({"dataset": "cifar10", "imbalance": 100}, resnet, "cifar_longtail") == [
        "cifar10_lt100",
        "resnet32",
    ]
    assert of_paper({"dataset": "cifar10", "imbalance": 50}, resnet, "cifar_longtail") is None


def test_a_condition_of_the_paper_is_known_by_its_recipe_s_numbers_not_by_its_name() -> None:
    text = yaml.safe_load((RECIPES / "cifar10.yaml").read_text())
    resnet: dict[str, object] = {"network": "resnet", "depth": 32}
    cifar: dict[str, object] = {"dataset": "cifar10"}
    assert of_paper(cifar, resnet, "own", **text) == ["cifar10", "resnet32"]
    assert of_paper(cifar, resnet, "own", **text | {"epochs": 2}) is None
    assert of_paper(cifar, resnet, "own", **text | {"precision": "bfloat16", "processes": 4}) == [
        "cifar10",
        "resnet32",
    ]
    assert of_paper(cifar, {"network": "mobilenet_v3", "size": "small"}) is None, "its recipe is another"
    small: dict[str, object] = {"network": "mobilenet_v3", "size": "small"}
    assert of_paper(cifar, small, "cifar_mobilenet") == ["cifar10", "mobilenet_small"]


@pytest.mark.parametrize("name", ["paper", "supplement"])
def test_every_condition_of_the_committed_studies_that_is_the_paper_s_is_known(name: str) -> None:
    found = [
        condition_facts(one, RECIPES)["of_paper"]
        for one in conditions_of(read(RECIPES.parent / f"{name}.yaml"), RECIPES)
    ]
    if name == "paper":
        assert sorted(map(tuple, found)) == sorted((*STANDARD, *LONGTAIL))
    else:
        wrn = ["cifar10", "wrn22_10"]
        assert found == [["cifar10", "resnet18"], None, ["cifar100", "resnet18"], wrn, None]


def test_pairs_of_continual_learning_are_the_papers_by_the_guess_that_the_study_names() -> None:
    conditions = conditions_of(read(RECIPES.parent / "continual.yaml"), RECIPES)
    assert {len(set(pairs)) for pairs in SIXTEEN.values()} == {16}
    assert len({frozenset(pairs) for pairs in SIXTEEN.values()}) == 3
    for guess, pairs in SIXTEEN.items():
        found = [condition_facts(one, RECIPES, guess)["of_paper"] for one in conditions]
        assert sorted(tuple(pair) for pair in found if pair) == sorted(pairs)
    whole = [condition_facts(one, RECIPES)["pair"] for one in conditions]
    assert sorted(map(tuple, whole)) == sorted(CONTINUAL), "each guess can be judged by what a plan hands over"
    known = [condition_facts(one, RECIPES)["guesses"] for one in conditions]
    assert {name: sum(one[name] for one in known) for name in SIXTEEN} == dict.fromkeys(SIXTEEN, 16)
    study = read(RECIPES.parent / "continual.yaml").model_copy(update={"claims": ClaimsConfig(sixteen="B")})
    assert study.claims
    options = facts("x", conditions, ["ce"], study.claims, RECIPES)["conditions"]
    assert [one["of_paper"] for one in options if one["network"] == "lwf (domain)"] == [["permuted_mnist", "lwf"]]
    assert {one["task"] for one in options} == {"continual"}


def test_a_pair_learnt_otherwise_is_not_the_papers() -> None:
    def found(**changes: object) -> object:
        study = yaml.safe_load((RECIPES.parent / "continual.yaml").read_text())
        (condition,) = (
            one
            for one in study["conditions"]
            if one["continual"] == {"benchmark": "split_mnist", "strategy": "ewc"}
        )
        condition |= {key: value for key, value in changes.items() if key in condition}
        condition["continual"] |= {key: value for key, value in changes.items() if key not in condition}
        own = {"conditions": [condition], "networks": {condition["network"]: study["networks"]["mlp_512"]}}
        config = StudyConfig.model_validate(study | own | {"strategies": {}})
        return condition_facts(conditions_of(config, RECIPES)[0], RECIPES)["of_paper"]

    assert found() == ["split_mnist", "ewc"]
    assert found(network="mine") == ["split_mnist", "ewc"], "a label says nothing"
    assert found(recipe="lwf_mnist") is None
    assert found(incremental="task") is None
    assert found(normalise=False) is None
    assert found(units="seen") is None
    assert found(strategy="naive") is None
    assert found(optimiser="new") is None
    assert found(held_out=0.5) is None
    assert found(counts="episode") is None


def test_variants_at_the_defaults_are_plain() -> None:
    study = StudyConfig.model_validate(
        {
            "study": "x",
            "seeds": [0],
            "conditions": [{"dataset": "mnist", "network": "mlp"}],
            "losses": {"cross_entropy": {"loss": "ce"}, "smooth": {"loss": "ce", "label_smoothing": 0.1}},
        }
    )
    found = facts("x", conditions_of(study, RECIPES), ["smooth", "cross_entropy"], ClaimsConfig(), RECIPES)[
        "variants"
    ]
    assert {one["label"]: one["plain"] for one in found} == {"smooth": False, "cross_entropy": True}


def test_every_network_of_the_paper_s_grid_has_its_plug_in_and_options() -> None:
    networks = {network for _, network in (*STANDARD, *LONGTAIL, *ABLATION, *SWEEPS, *SEGMENTATION)}
    assert set(PAPER["networks"]) == networks
    for name, options in PAPER["networks"].values():
        if name in plugins.names("networks"):
            assert plugins.check_options("networks", name, options) or not options
    assert set(PAPER["datasets"]) == {dataset for dataset, _ in LONGTAIL}
