"""From a study to its conditions, variants and cells: names only, nothing is hashed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hembench.core import plugins
from hembench.core.errors import ConfigError, nearest
from hembench.plan import sets
from hembench.plan.continual import Continual, continual_of, first_part, streams_part
from hembench.plan.dense import Dense, check_recipe, dense_of, uses_counts
from hembench.plan.evaluate import EvaluateConfig
from hembench.plan.plugged import Plugin, corruptions_of, filled, parts_of, plain
from hembench.plan.recipe import resolve_recipe
from hembench.plan.study import ConditionConfig, StudyConfig, resolve

LOSS_ORDER = ("ce", "class_similarity", "ln", "la", "focal", "dice", "mm", "mm_maz", "mm_thres", "hem", "hem_plus")
"""Default order of losses in tables and figures, after the paper; others follow by name."""

REFERENCE = "ce"
"""The loss that others are compared with; it is made of no counts."""


@dataclass(frozen=True)
class Cell:
    """One training: condition x variant x seed."""

    name: str
    condition: str
    variant: str
    loss: Plugin
    seed: int
    recipe: dict[str, Any]


@dataclass(frozen=True)
class Condition:
    """Data-set x network x recipe, with its cells sorted by name."""

    name: str
    dataset: str
    network: str
    recipe: str
    dataset_plugin: Plugin
    test_options: dict[str, Any]
    network_plugin: Plugin
    evaluate: EvaluateConfig
    cells: tuple[Cell, ...]
    continual: Continual | None = None
    dense: Dense | None = None

    @property
    def streams(self) -> str:
        """First part of every random stream of its trainings: its name, without what is chosen for a task.

        Networks that differ in that alone begin alike and see the same batches.
        """
        if self.continual:
            return streams_part(self.continual) + self.name.removeprefix(first_part(self.continual))
        return self.name.removesuffix(self.dense.suffix()) if self.dense else self.name

    @property
    def uncounted(self) -> str:
        """Its name without the unit in which classes are counted.

        Of conditions that differ in that alone, a loss made of no counts is trained alike in all.
        """
        return self.streams + (self.dense.uncounted() if self.dense else "")


def conditions_of(study: StudyConfig, recipes: Path) -> list[Condition]:
    """Return the conditions of a study in its order.

    Raises:
        ConfigError: an unknown name, an option that does not exist, the same condition twice, or a label that no
            condition uses.
    """
    found = [
        _condition(study, config, recipes, f"conditions (item {n})")
        for n, config in enumerate(study.conditions, 1)
    ]
    names = [condition.name for condition in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"study {study.study!r}: condition {name!r} is listed more than once.")
    _check_all_used(study, found)
    return found


def beside(condition: Condition, conditions: Sequence[Condition]) -> list[tuple[Condition, Cell]]:
    """Return the networks of losses made of no counts that a condition lacks, with the conditions that train them.

    They are those of a condition that differs in the unit alone in which classes are counted: CE, say, is the same
    network in both, with the same initial weights and batches as the others of its seed.

    Args:
        condition: of any task; none but segmentation's has some.
        conditions: of its study.
    """
    if condition.dense is None:
        return []
    own, seeds = ({getattr(cell, name) for cell in condition.cells} for name in ("variant", "seed"))
    found: dict[str, list[tuple[Condition, Cell]]] = {}
    for other in conditions:
        if other.uncounted == condition.uncounted:
            for variant in {cell.variant: None for cell in other.cells if not uses_counts(cell.loss.name)}:
                cells = [cell for cell in other.cells if cell.variant == variant and cell.seed in seeds]
                if variant not in own and cells:
                    found.setdefault(variant, [(other, cell) for cell in cells])
    return [pair for pairs in found.values() for pair in pairs]


def variant_order(study: StudyConfig) -> list[str]:
    """Return the labels of the variants in the order that people see them.

    Raises:
        ConfigError: ``order`` and ``losses`` do not name the same labels.
    """
    labels = list(study.losses)
    if study.order is not None:
        for label in study.order:
            if label not in labels:
                raise ConfigError(f"order: {label!r} is no label of losses:.{nearest(label, labels)}")
        missing = [label for label in labels if label not in study.order]
        if missing:
            raise ConfigError(f"order: {', '.join(missing)} of losses: is missing.")
        return list(study.order)

    def place(label: str) -> tuple[int, str]:
        loss = str(study.losses[label].get("loss", label))
        return (LOSS_ORDER.index(loss) if loss in LOSS_ORDER else len(LOSS_ORDER), label)

    return sorted(labels, key=place)


def _condition(study: StudyConfig, config: ConditionConfig, recipes: Path, where: str) -> Condition:
    dataset, given = resolve(study, "datasets", config.dataset, where)
    if not plugins.has_function("datasets", dataset, "train"):
        raise ConfigError(
            f"{where}: data-set {dataset!r} has no training part here, only test images; it can be an OOD set."
        )
    train_options, test_options = _split_options(dataset, given, where)
    recipe = config.recipe or dataset
    continual = continual_of(study, config.continual, dataset, where) if config.continual else None
    dense = dense_of(config.dense, dataset, where)
    if continual or dense:
        _check_measured(study, config, continual is not None, where)
    first = first_part(continual) if continual else config.dataset
    name = f"{first}-{config.network}" + (f"-{recipe}" if recipe != dataset else "")
    name += dense.suffix() if dense else ""
    cells = []
    for label in config.losses if config.losses is not None else study.losses:
        if label not in study.losses:
            raise ConfigError(f"{where}.losses: {label!r} is no label of losses:.{nearest(label, study.losses)}")
        loss = filled(study, "losses", label, "losses")
        settings = resolve_recipe(recipe, study.recipes.get(recipe), recipes, loss.name)
        task = "continual learning" if continual else "segmentation" if dense else study.task
        if task != "classification" and "DERIVED" in plugins.constants("losses", loss.name):
            raise ConfigError(
                f"{where}: loss {label!r} ({loss.name}) learns from the whole training set first, which is not "
                f"built for {task}. Name the condition's `losses:` without it."
            )
        if dense:
            check_recipe(settings, f"{where}: recipe {recipe!r}")
        if settings["processes"] > 1 and task != "classification":
            raise ConfigError(
                f"{where}: recipe {recipe!r} has cells trained by {settings['processes']} processes, and "
                f"{task} trains a cell in one. Give it a recipe with processes: 1."
            )
        for seed in config.seeds if config.seeds is not None else study.seeds:
            cells.append(Cell(f"{name}-{label}-s{seed}", name, label, loss, seed, settings))
    return Condition(
        name=name,
        dataset=config.dataset,
        network=config.network,
        recipe=recipe,
        dataset_plugin=Plugin(dataset, train_options),
        test_options=test_options,
        network_plugin=filled(study, "networks", config.network, where),
        evaluate=_evaluation(study, config, where),
        cells=tuple(sorted(cells, key=lambda cell: cell.name)),
        continual=continual,
        dense=dense,
    )


def _check_measured(study: StudyConfig, config: ConditionConfig, continual: bool, where: str) -> None:
    """Refuse what is asked of a condition that is measured in a way of its own.

    Continual learning takes the batch size of an evaluation and nothing else of it; segmentation takes nothing.

    Raises:
        ConfigError: an evaluation that the condition names, or the study's where no condition uses it, says more.
    """
    task = "continual learning" if continual else "segmentation"
    given, key = None, ""
    if config.evaluate is not None:
        given, key = study.evaluations.get(config.evaluate), f"evaluations.{config.evaluate}"
    elif all(each.continual or sets.is_dense(_dataset(study, each)) for each in study.conditions):
        given, key = study.evaluate, "evaluate"
    taken = {"batch_size"} if continual else set()
    if given is not None and (more := sorted(given.model_fields_set - taken)):
        instead = "" if continual else " Its batch size is dense.batch_size."
        raise ConfigError(
            f"{where}: {key}: {', '.join(more)} of it is nothing for {task}, which is measured in its own way."
            f"{instead} Remove it."
        )


def _dataset(study: StudyConfig, config: ConditionConfig) -> str:
    return resolve(study, "datasets", config.dataset)[0]


def _evaluation(study: StudyConfig, config: ConditionConfig, where: str) -> EvaluateConfig:
    if config.evaluate is None:
        return study.evaluate
    if config.evaluate not in study.evaluations:
        raise ConfigError(
            f"{where}.evaluate: {config.evaluate!r} is no label of evaluations:."
            f"{nearest(config.evaluate, study.evaluations)}"
        )
    return study.evaluations[config.evaluate]


def _split_options(dataset: str, given: dict[str, Any], where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a data-set's options into those of its training set (all) and those its test set has too."""
    train = plugins.check_options("datasets", dataset, given, where=where)
    _, of_test = plugins.signature("datasets", dataset, "test")
    test = plugins.check_options(
        "datasets", dataset, {k: v for k, v in given.items() if k in of_test}, "test", where
    )
    return train, plain(test)


def _check_all_used(study: StudyConfig, conditions: list[Condition]) -> None:
    """Refuse labels that nothing uses: a misspelt reference would otherwise go unnoticed."""
    if "evaluate" in study.model_fields_set and all(config.evaluate is not None for config in study.conditions):
        raise ConfigError(
            f"study {study.study!r}: evaluate: is used by no condition: each names one of evaluations:. Remove it."
        )
    for section, labels in used_labels(study, conditions).items():
        for label in getattr(study, section):
            if label not in labels:
                raise ConfigError(
                    f"study {study.study!r}: {section}: {label!r} is defined but used nowhere."
                    f"{nearest(label, labels)} Use it or remove it."
                )


def used_labels(study: StudyConfig, conditions: list[Condition]) -> dict[str, set[str]]:
    """Return the labels and plug-in names that a study uses, by section."""
    groups = [group for condition in conditions for group in condition.evaluate.predict.values()]
    continual = [condition.continual for condition in conditions if condition.continual]
    return {
        "episodes": {each.benchmark for each in continual},
        "strategies": {each.strategy for each in continual},
        "datasets": {condition.dataset for condition in conditions},
        "networks": {condition.network for condition in conditions},
        "recipes": {condition.recipe for condition in conditions},
        "evaluations": {config.evaluate for config in study.conditions if config.evaluate is not None},
        "losses": {cell.variant for condition in conditions for cell in condition.cells},
        "ood": {label for group in groups for label in group.ood},
        "corruptions": {
            label for group in groups for label in (*corruptions_of(study, group), *parts_of(study, group))
        },
    }
