"""What verdicts on claims need to know of a study, besides its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hembench.core import plugins
from hembench.plan.cells import Condition


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
        "long_tailed": float(condition.dataset_plugin.options.get("imbalance") or 1.0) > 1.0,
        "complete": bool(constants.get("COMPLETE", False)),
        "training_images": int(constants["SIZES"]["train"]),
    }
