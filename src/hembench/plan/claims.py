"""What verdicts on claims need to know of a study, besides its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hembench.core import plugins
from hembench.plan.cells import Condition, Plugin

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


def facts(study: str, conditions: Sequence[Condition], variants: Sequence[str], margin: float) -> dict[str, Any]:
    """Return the options of the stage claims, JSON-able.

    Args:
        study: its name.
        conditions: of the study, in its order.
        variants: labels, in the order to be shown.
        margin: how far apart still counts as comparable, in points.
    """
    losses = {cell.variant: cell.loss for condition in conditions for cell in condition.cells}
    return {
        "study": study,
        "margin": margin,
        "conditions": [_condition(condition) for condition in conditions],
        "variants": [
            {"label": label, "loss": losses[label].name, "options": losses[label].options} for label in variants
        ],
    }


def _condition(condition: Condition) -> dict[str, Any]:
    constants = plugins.constants("datasets", condition.dataset_plugin.name)
    return {
        "name": condition.name,
        "dataset": condition.dataset,
        "network": condition.network,
        "of_paper": _of_paper(condition),
        "long_tailed": float(condition.dataset_plugin.options.get("imbalance") or 1.0) > 1.0,
        "complete": bool(constants.get("COMPLETE", False)),
        "training_images": int(constants["SIZES"]["train"]),
    }


def _of_paper(condition: Condition) -> list[str] | None:
    """Return data-set and network as the paper has them, by what they are; None: one of them is none of its."""
    names = [
        _paper_name("datasets", condition.dataset_plugin),
        _paper_name("networks", condition.network_plugin),
    ]
    found = [name for name in names if name is not None]
    return found if len(found) == len(names) else None


def _paper_name(kind: str, plugin: Plugin) -> str | None:
    known = dict(PAPER[kind])
    if kind == "datasets":
        known[plugin.name] = (plugin.name, {})
    for name, (file, options) in known.items():
        if plugin.name == file and plugin.options == plugins.check_options(kind, file, options):
            return name
    return None
