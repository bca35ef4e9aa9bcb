"""`make smoke` leaves out nothing that the paper's grid has: its conditions, kind by kind, and their losses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hembench.plan.cells import Condition, conditions_of
from hembench.plan.study import read

CONFIG = Path(__file__).parents[2] / "config"


def everything(name: str) -> list[Condition]:
    return conditions_of(read(CONFIG / f"{name}.yaml"), CONFIG / "recipes")


def conditions(name: str) -> list[Condition]:
    """Return those of classification."""
    return [condition for condition in everything(name) if condition.continual is None]


def trained(name: str) -> Counter[tuple[str, frozenset[str]]]:
    """Return how often each network, with its options, is trained with which losses."""
    return Counter(
        (f"{of.network_plugin.name} {of.network_plugin.options}", frozenset(cell.loss.name for cell in of.cells))
        for of in conditions(name)
    )


def test_every_condition_of_the_paper_has_its_smoke() -> None:
    assert trained("smoke") == trained("paper")
    assert trained("smoke").total() == 19


def test_a_network_with_batch_normalisation_learns_in_episodes_by_two_strategies() -> None:
    """As the paper's on CIFAR does; the studies of continual learning that a CPU can run have none."""
    found = [condition for condition in everything("smoke") if condition.continual is not None]
    assert {condition.network_plugin.name for condition in found} == {"resnet"}
    assert [condition.continual.strategy for condition in found if condition.continual] == ["si", "lfl"]
    assert {cell.loss.name for condition in found for cell in condition.cells} == {"ce", "hem"}


def test_it_is_short_and_attacks_little() -> None:
    for condition in everything("smoke"):
        assert {cell.recipe["epochs"] for cell in condition.cells} == {1}
        assert {cell.seed for cell in condition.cells} == {0}
    for condition in conditions("smoke"):
        assert all(group.images == 4 for group in condition.evaluate.predict.values())
        assert {attack.norm for attack in condition.evaluate.attacks} == {"Linf", "L2"}
        for attack in condition.evaluate.attacks:
            assert (attack.images, attack.model_extra) == (2, {"steps": 2, "queries": 10, "targets": 3})


def test_every_condition_predicts_corrupted_images_as_in_the_paper() -> None:
    for condition in conditions("smoke"):
        assert any(group.corruptions for group in condition.evaluate.predict.values()), condition.name
