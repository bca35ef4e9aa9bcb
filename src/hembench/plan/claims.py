"""What verdicts on claims and the paper's figures need to know of a study, besides its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hembench.core import plugins
from hembench.plan.cells import Condition, Plugin
from hembench.plan.recipe import resolve_recipe

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
    },
    "datasets": {
        "cifar10_lt100": ("cifar10", {"imbalance": 100}),
        "cifar10_lt10": ("cifar10", {"imbalance": 10}),
        "cifar100_lt100": ("cifar100", {"imbalance": 100}),
        "cifar100_lt10": ("cifar100", {"imbalance": 10}),
    },
}
"""The paper's networks and long-tailed data-sets under their names in stats/conditions.py: plug-in and options,
all others at their defaults. Studies may give them other labels. The other data-sets have their plug-in's name."""

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
    study: str, conditions: Sequence[Condition], variants: Sequence[str], margin: float, recipes: Path
) -> dict[str, Any]:
    """Return the options of the stage claims, JSON-able.

    Args:
        study: its name.
        conditions: of the study, in its order.
        variants: labels, in the order to be shown.
        margin: how far apart still counts as comparable, in points.
        recipes: folder of recipe files, the paper's among them.
    """
    losses = {cell.variant: cell.loss for condition in conditions for cell in condition.cells}
    return {
        "study": study,
        "margin": margin,
        "conditions": [condition_facts(condition, recipes) for condition in conditions],
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


def condition_facts(condition: Condition, recipes: Path) -> dict[str, Any]:
    """Return what metrics don't say of a condition, JSON-able; ``recipes`` is the folder of recipe files."""
    constants = plugins.constants("datasets", condition.dataset_plugin.name)
    return {
        "name": condition.name,
        "dataset": condition.dataset,
        "network": condition.network,
        "of_paper": _of_paper(condition, recipes),
        "long_tailed": float(condition.dataset_plugin.options.get("imbalance") or 1.0) > 1.0,
        "complete": bool(constants.get("COMPLETE", False)),
        "training_images": int(constants["SIZES"]["train"]),
    }


def _of_paper(condition: Condition, recipes: Path) -> list[str] | None:
    """Return data-set and network as the paper has them, by what they are and how they are trained; None: some of
    it is not the paper's, or it is of continual learning.
    """
    if condition.continual:
        return None
    names = [
        _paper_name("datasets", condition.dataset_plugin),
        _paper_name("networks", condition.network_plugin),
    ]
    found = [name for name in names if name is not None]
    return found if len(found) == len(names) and _has_the_papers_recipe(condition, found, recipes) else None


def _has_the_papers_recipe(condition: Condition, of_paper: Sequence[str], recipes: Path) -> bool:
    name = next((RECIPES[part] for part in of_paper if part in RECIPES), of_paper[0])
    if not (recipes / f"{name}.yaml").is_file():
        return False
    return all(
        _said(cell.recipe) == _said(resolve_recipe(name, None, recipes, cell.loss.name))
        for cell in condition.cells
    )


def _said(recipe: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in recipe.items() if key not in SILENT}


def _paper_name(kind: str, plugin: Plugin) -> str | None:
    known = dict(PAPER[kind])
    if kind == "datasets":
        known[plugin.name] = (plugin.name, {})
    for name, (file, options) in known.items():
        if plugin.name == file and plugin.options == plugins.check_options(kind, file, options):
            return name
    return None
