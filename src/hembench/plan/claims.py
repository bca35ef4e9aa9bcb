"""What verdicts on claims and the paper's figures need to know of a study, besides its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hembench.core import plugins
from hembench.plan.cells import Condition
from hembench.plan.papers_continual import pair_of
from hembench.plan.plugged import Plugin
from hembench.plan.recipe import resolve_recipe
from hembench.plan.study import ClaimsConfig
from hembench.stats.sixteen import SIXTEEN

PAPER: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "networks": {
        "lenet": ("lenet", {}),
        "convnet": ("convnet", {}),
        "mlp": ("mlp", {}),
        "resnet32": ("resnet", {"depth": 32}),
        "mobilenet_small": ("mobilenet_v3", {"size": "small"}),
        "wrn22_10": ("wide_resnet", {"depth": 22, "widen": 10}),
        "mobilenet_large": ("mobilenet_v3", {"size": "large"}),
        "resnet18": ("resnet", {"depth": 18}),
        "parn18": ("preact_resnet", {}),
        "inception": ("inception", {}),
        "wrn28_10": ("wide_resnet", {"depth": 28, "widen": 10}),
        "resnet50": ("resnet", {"depth": 50}),
        "swin_t": ("swin_v2", {}),
        "vit_b_16": ("vit", {}),
        "fpn_resnet34": ("fpn", {"encoder": "resnet34"}),
        "fpn_efficientnet_b4": ("fpn", {"encoder": "efficientnet-b4"}),
        "fpn_densenet201": ("fpn", {"encoder": "densenet201"}),
        "fpn_resnext50": ("fpn", {"encoder": "resnext50_32x4d"}),
    },
    "datasets": {
        "cifar10_lt100": ("cifar10", {"imbalance": 100}),
        "cifar10_lt10": ("cifar10", {"imbalance": 10}),
        "cifar100_lt100": ("cifar100", {"imbalance": 100}),
        "cifar100_lt10": ("cifar100", {"imbalance": 10}),
    },
}
"""The paper's networks and long-tailed data-sets under their names in stats/conditions.py: plug-in and options,
all others at their defaults. Studies may give them other labels. The other data-sets have their plug-in's name.
Of continual learning: papers_continual.py."""

RECIPES = {
    **dict.fromkeys(("mobilenet_small", "mobilenet_large"), "cifar_mobilenet"),
    "swin_t": "imagenet_swin",
    "vit_b_16": "imagenet_vit",
    **dict.fromkeys(PAPER["datasets"], "cifar_longtail"),
}
"""The paper's recipe by network or data-set, where it is not the one named after the data-set."""

SILENT = ("precision", "processes", "channels_last", "compile")
"""Settings that change how, not what, is computed: a condition is the paper's whatever they are."""


def facts(
    study: str, conditions: Sequence[Condition], variants: Sequence[str], rule: ClaimsConfig, recipes: Path
) -> dict[str, Any]:
    """Return the options of the stage claims, JSON-able.

    Args:
        study: its name.
        conditions: of the study, in its order.
        variants: labels, in the order to be shown.
        rule: how the claims are judged.
        recipes: folder of recipe files, the paper's among them.
    """
    losses = {cell.variant: cell.loss for condition in conditions for cell in condition.cells}
    return {
        "study": study,
        "margin": rule.margin,
        "conditions": facts_of(conditions, recipes, rule.sixteen),
        "variants": [
            {
                "label": label,
                "loss": losses[label].name,
                "options": losses[label].options,
                "plain": losses[label] == Plugin(losses[label].name, _defaults(losses[label].name)),
            }
            for label in variants
        ],
    }


def _defaults(loss: str) -> dict[str, Any]:
    return plugins.check_options("losses", loss, {})


def facts_of(conditions: Sequence[Condition], recipes: Path, sixteen: str = "A") -> list[dict[str, Any]]:
    """Return what metrics don't say of conditions, JSON-able: ``condition_facts``, and "stands" (``stands``).

    Args:
        conditions: of a study, in its order.
        recipes: folder of recipe files, the paper's among them.
        sixteen: which guess of the paper's pairs of continual learning counts, a key of ``SIXTEEN``.
    """
    standing = stands(conditions)
    return [condition_facts(one, recipes, sixteen) | {"stands": one.name in standing} for one in conditions]


def stands(conditions: Sequence[Condition]) -> set[str]:
    """Return the names of the conditions that count where conditions are taken together.

    Of those that differ in the unit alone in which classes are counted it is one: that of the default unit, else
    the first. They are one network, not several.
    """
    standing: dict[str, str] = {}
    for one in sorted(conditions, key=lambda one: one.dense is not None and not one.dense.usual):
        standing.setdefault(one.uncounted, one.name)
    return set(standing.values())


def condition_facts(condition: Condition, recipes: Path, sixteen: str = "A") -> dict[str, Any]:
    """Return what metrics don't say of a condition, JSON-able.

    Args:
        condition: of a study.
        recipes: folder of recipe files, the paper's among them.
        sixteen: which guess of the paper's pairs of continual learning counts, a key of ``SIXTEEN``.
    """
    constants = plugins.constants("datasets", condition.dataset_plugin.name)
    continual, dense = condition.continual, condition.dense
    if continual:
        names = (continual.benchmark, f"{continual.strategy} ({continual.incremental})")
    else:
        names = (condition.dataset, condition.network + (dense.suffix() if dense else ""))
    pair = _pair(condition, recipes)
    return {
        "name": condition.name,
        "task": "continual" if continual else "segmentation" if condition.dense else "classification",
        "dataset": names[0],
        "network": names[1],
        "uncounted": condition.network + dense.uncounted() if dense else names[1],
        "unit": dense.class_count_unit if dense else "",
        "of_paper": pair if not continual or (pair and tuple(pair) in SIXTEEN[sixteen]) else None,
        "pair": pair if continual else None,
        "guesses": {name: tuple(pair) in of for name, of in SIXTEEN.items()} if continual and pair else {},
        "long_tailed": float(condition.dataset_plugin.options.get("imbalance") or 1.0) > 1.0,
        "complete": bool(constants.get("COMPLETE", False)),
        "training_images": int(constants["SIZES"]["train"]),
    }


def _pair(condition: Condition, recipes: Path) -> list[str] | None:
    """Return the pair of the paper's that a condition is, by what it is and how it is trained (of continual
    learning any of the twenty that it may be); None: some of it is not the paper's.
    """
    if condition.continual:
        known = pair_of(condition, condition.continual)
    else:
        known = _grid(condition)
        if condition.dense and not condition.dense.as_read:
            return None
    return known[0] if known and _trained_by(condition, known[1], recipes) else None


def _grid(condition: Condition) -> tuple[list[str], str] | None:
    """Return data-set and network as the paper has them, and its recipe for these."""
    dataset = paper_name("datasets", condition.dataset_plugin)
    network = paper_name("networks", condition.network_plugin)
    if dataset is None or network is None:
        return None
    return [dataset, network], next((RECIPES[part] for part in (dataset, network) if part in RECIPES), dataset)


def _trained_by(condition: Condition, recipe: str, recipes: Path) -> bool:
    """Tell whether all its cells are trained as a recipe says, whatever theirs is called."""
    if not (recipes / f"{recipe}.yaml").is_file():
        return False
    return all(
        _said(cell.recipe) == _said(resolve_recipe(recipe, None, recipes, cell.loss.name))
        for cell in condition.cells
    )


def _said(recipe: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in recipe.items() if key not in SILENT}


def paper_name(kind: str, plugin: Plugin) -> str | None:
    """Return the paper's name for a plug-in of ``PAPER[kind]`` with its options; None: none of the paper's."""
    known = dict(PAPER[kind])
    if kind == "datasets":
        known[plugin.name] = (plugin.name, {})
    for name, (file, options) in known.items():
        if plugin.name == file and plugin.options == plugins.check_options(kind, file, options):
            return name
    return None
