"""From a study to its conditions, variants and cells: names only, nothing is hashed here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hembench.core import plugins
from hembench.core.errors import ConfigError, nearest
from hembench.plan import sets
from hembench.plan.dense import Dense, check_recipe, dense_of
from hembench.plan.recipe import resolve_recipe
from hembench.plan.study import (
    AttackConfig,
    ConditionConfig,
    ContinualConfig,
    EvaluateConfig,
    GroupConfig,
    StudyConfig,
    resolve,
)

UNITS = {"class": ("all", "seen"), "domain": ("all",), "task": ("own", "masked")}
"""Units that can take part in the loss, by incremental type; the first is the default."""

LOSS_ORDER = ("ce", "class_similarity", "ln", "la", "focal", "dice", "mm", "mm_maz", "mm_thres", "hem", "hem_plus")
"""Default order of losses in tables and figures, after the paper; others follow by name."""


@dataclass(frozen=True)
class Plugin:
    """A plug-in with all its options filled in, as JSON would give them back: lists, no tuples."""

    name: str
    options: dict[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", _plain(self.options))

    def value(self) -> dict[str, Any]:
        """Return it as the JSON-able value that stages' options hold."""
        return {"name": self.name, "options": self.options}


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
class Continual:
    """How the data-set of a condition is learnt in episodes."""

    benchmark: str
    strategy: str
    benchmark_plugin: Plugin
    strategy_plugin: Plugin
    incremental: str
    units: str
    normalise: dict[str, list[float]] | None
    optimiser: str
    held_out: float
    counts: str

    def options(self) -> dict[str, Any]:
        """Return what the training's options hold of it."""
        return {
            "episodes": self.benchmark_plugin.value(),
            "strategy": self.strategy_plugin.value(),
            "incremental": self.incremental,
            "units": self.units,
            "normalise": self.normalise,
            "optimiser": self.optimiser,
            "held_out": self.held_out,
            "counts": self.counts,
        }


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
        """First part of every random stream of its trainings: its name, without what is chosen for pixels.

        Networks that differ in that alone begin alike and see the same batches.
        """
        return self.name if self.dense is None else self.name.removesuffix(self.dense.suffix())


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


GIVEN = ("norm", "eps", "num_classes")
"""Keyword-only parameters of an attack that the stage gives it: no options."""


def attack_plugin(attack: AttackConfig) -> Plugin:
    """Return the attack with its options.

    Raises:
        ConfigError: an option is unknown or wrong, or is one that the stage gives.
    """
    where, extra = f"evaluate.attacks ({attack.label or attack.attack})", attack.model_extra or {}
    for name in extra.keys() & GIVEN:
        raise ConfigError(f"{where}: {name!r} is no option: it is the data-set's. Remove it.")
    given = {"norm": attack.norm, "eps": attack.eps, "num_classes": 0, **extra}
    options = plugins.check_options("attacks", attack.attack, given, where=where)
    return Plugin(attack.attack, {k: v for k, v in options.items() if k not in GIVEN})


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


def filled(study: StudyConfig, kind: str, label: str, where: str) -> Plugin:
    """Return the plug-in of a label with its options checked and filled in."""
    name, given = resolve(study, kind, label, where)
    if kind == "ood" and sets.is_natural(name):
        place = f"{where} ({label}): data-set {name!r} as OOD set"
        return Plugin(name, plugins.check_options("stages", sets.NATURAL, given, "adapt", place))
    if kind == "corruptions" and sets.members(name):
        sets.part(label, name, given)
        return Plugin(name, given)
    if kind == "corruptions" and sets.published(name):
        if given:
            raise ConfigError(f"{where} ({label}): {name!r} is published: it has no option {', '.join(given)}.")
        return Plugin(name, {})
    return Plugin(name, plugins.check_options(kind, name, given, where=f"{where} ({label})"))


def corruptions_of(study: StudyConfig, group: GroupConfig) -> list[str]:
    """Return the labels of a group's corruptions, sets and parts of sets replaced by their members, each once.

    Raises:
        ConfigError: an unknown name, or a wrong option of a set.
    """
    parts = parts_of(study, group)
    found = [one for label in group.corruptions for one in parts.get(label, [label])]
    return list(dict.fromkeys(found))


def parts_of(study: StudyConfig, group: GroupConfig) -> dict[str, list[str]]:
    """Return label -> members of the sets and parts of sets that a group lists: tables show each one's mean.

    Raises:
        ConfigError: an unknown name, or a wrong option of a set.
    """
    found = {}
    for label in group.corruptions:
        name, given = resolve(study, "corruptions", label, "evaluate.predict")
        if sets.members(name):
            found[label] = sets.part(label, name, given)
    return found


def _condition(study: StudyConfig, config: ConditionConfig, recipes: Path, where: str) -> Condition:
    dataset, given = resolve(study, "datasets", config.dataset, where)
    if not plugins.has_function("datasets", dataset, "train"):
        raise ConfigError(
            f"{where}: data-set {dataset!r} has no training part here, only test images; it can be an OOD set."
        )
    train_options, test_options = _split_options(dataset, given, where)
    recipe = config.recipe or dataset
    continual = _continual(study, config.continual, dataset, where) if config.continual else None
    dense = dense_of(config.dense, dataset, where)
    if continual or dense:
        _check_measured(study, config, continual is not None, where)
    first = _first_part(continual) if continual else config.dataset
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


def _continual(study: StudyConfig, config: ContinualConfig, dataset: str, where: str) -> Continual:
    """Return how a condition's data-set is learnt in episodes, defaults filled in.

    Raises:
        ConfigError: benchmark, data-set, incremental and units don't fit each other.
    """
    where = f"{where}.continual"
    benchmark = filled(study, "episodes", config.benchmark, where)
    facts = plugins.constants("episodes", benchmark.name)
    if facts["DATASET"] != dataset:
        raise ConfigError(f"{where}: benchmark {benchmark.name!r} divides {facts['DATASET']!r}, not {dataset!r}.")
    incremental = config.incremental or facts["INCREMENTAL"][0]
    if incremental not in facts["INCREMENTAL"]:
        raise ConfigError(
            f"{where}: incremental: {incremental!r} is nothing for {benchmark.name!r}: expected "
            f"{' or '.join(facts['INCREMENTAL'])}."
        )
    fitting = UNITS[incremental]
    units = config.units or fitting[0]
    if units not in fitting:
        raise ConfigError(
            f"{where}: units: {units!r} is nothing for incremental: {incremental}: expected "
            f"{' or '.join(fitting)}."
        )
    normalise = {"mean": list(facts["MEAN"]), "std": list(facts["STD"])} if config.normalise else None
    strategy = filled(study, "strategies", config.strategy, where)
    return Continual(
        config.benchmark,
        config.strategy,
        benchmark,
        strategy,
        incremental,
        units,
        normalise,
        config.optimiser,
        config.held_out,
        config.counts,
    )


def _first_part(continual: Continual) -> str:
    """Return how the name of a condition begins; what is not the default is said."""
    parts = [continual.benchmark, continual.strategy, continual.incremental]
    parts += [continual.units] if continual.units != UNITS[continual.incremental][0] else []
    parts += [] if continual.normalise else ["raw"]
    parts += ["new_optimiser"] if continual.optimiser == "new" else []
    parts += [f"held_out_{100 * continual.held_out:g}".replace(".", "_")] if continual.held_out else []
    parts += ["episode_counts"] if continual.counts == "episode" else []
    return "-".join(parts)


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
    return train, _plain(test)


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """Return options as they come out of a frozen plan, so that a plan and its copy hold the same values."""
    plain: dict[str, Any] = json.loads(json.dumps(options))
    return plain


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
