"""`make smoke` leaves out nothing that the paper's grid has: its conditions, kind by kind, and their losses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hembench.plan.cells import Condition, conditions_of
from hembench.plan.study import read

CONFIG = Path(__file__).parents[2] / "config"


def conditions(name: str) -> list[Condition]:
    return conditions_of(read(CONFIG / f"{name}.yaml"), CONFIG / "recipes")


def trained(name: str) -> Counter[tuple[str, frozenset[str]]]:
    """Return how often each network, with its options, is trained with which losses."""
    return Counter(
        (f"{of.network_plugin.name} {of.network_plugin.options}", frozenset(cell.loss.name for cell in of.cells))
        for of in conditions(name)
    )


def test_every_condition_of_the_paper_has_its_smoke() -> None:
    assert trained("smoke") == trained("paper")
    assert trained("smoke").total() == 19


def test_it_is_short_and_attacks_little() -> None:
    for condition in conditions("smoke"):
        assert {cell.recipe["epochs"] for cell in condition.cells} == {1}
        assert {cell.seed for cell in condition.cells} == {0}
        assert all(group.images == 4 for group in condition.evaluate.predict.values())
        assert {attack.norm for attack in condition.evaluate.attacks} == {"Linf", "L2"}
        for attack in condition.evaluate.attacks:
            assert (attack.images, attack.model_extra) == (2, {"steps": 2, "queries": 10, "targets": 3})


def test_every_condition_predicts_corrupted_images_as_in_the_paper() -> None:
    for condition in conditions("smoke"):
        assert any(group.corruptions for group in condition.evaluate.predict.values()), condition.name
