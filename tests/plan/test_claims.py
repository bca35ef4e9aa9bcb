"""What verdicts know of a study: which of its conditions are the paper's."""

from __future__ import annotations

from pathlib import Path

import pytest

from hembench.core import plugins
from hembench.plan.cells import conditions_of
from hembench.plan.claims import PAPER, facts
from hembench.plan.study import StudyConfig
from hembench.stats.conditions import ABLATION, LONGTAIL, STANDARD, SWEEPS

RECIPES = Path(__file__).parents[2] / "config" / "recipes"


def of_paper(dataset: dict[str, object], network: dict[str, object]) -> list[str] | None:
    """Return what the only condition of a study is said to be, with labels that say nothing."""
    study = StudyConfig.model_validate(
        {
            "study": "x",
            "seeds": [0],
            "conditions": [{"dataset": "some", "network": "mine", "recipe": "mnist"}],
            "datasets": {"some": dataset},
            "networks": {"mine": network},
            "losses": {"ce": {}},
            "evaluate": {},
        }
    )
    (condition,) = facts("x", conditions_of(study, RECIPES), ["ce"], 1.0)["conditions"]
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
    assert of_paper({"dataset": "cifar10", "imbalance": 100}, resnet) == ["cifar10_lt100", "resnet32"]
    assert of_paper({"dataset": "cifar10", "imbalance": 50}, resnet) is None


def test_every_network_of_the_paper_s_grid_has_its_plug_in_and_options() -> None:
    networks = {network for _, network in (*STANDARD, *LONGTAIL, *ABLATION, *SWEEPS)}
    assert set(PAPER["networks"]) == networks
    for name, options in PAPER["networks"].values():
        if name in plugins.names("networks"):
            assert plugins.check_options("networks", name, options) or not options
    assert set(PAPER["datasets"]) == {dataset for dataset, _ in LONGTAIL}
