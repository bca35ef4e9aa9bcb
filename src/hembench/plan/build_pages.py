"""Jobs for people: metrics, tables, figures, verdicts on claims, the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from hembench.core import plugins
from hembench.core.errors import PluginError
from hembench.plan import sets
from hembench.plan.build_sets import reading
from hembench.plan.cells import Cell, Condition, variant_order
from hembench.plan.claims import facts, facts_of, stands
from hembench.plan.continual import Continual
from hembench.plan.jobs import Job
from hembench.plan.ledger import Ledger
from hembench.plan.plugged import Plugin, parts_of
from hembench.plan.study import ClaimsConfig, StudyConfig
from hembench.plan.written import written_out

MOST_PREDICTED = 100_000_000
"""Pixels of a test set up to which networks of segmentation are shown by pictures."""


class Pages:
    """Adds what is made of predictions and attacks."""

    def __init__(self, study: StudyConfig, conditions: list[Condition], recipes: Path, ledger: Ledger) -> None:
        self._study, self._conditions, self._recipes, self._ledger = study, conditions, recipes, ledger
        self._variants = variant_order(study)
        self._losses = {cell.variant: cell.loss for condition in conditions for cell in condition.cells}

    def evaluate(self, condition: Condition, measured: dict[str, Job]) -> Job:
        """Return the metrics of a condition, from its predictions and attacks by role."""
        evaluate = condition.evaluate
        options = {
            "condition": condition.name,
            "dataset": condition.dataset,
            "network": condition.network,
            "recipe": condition.recipe,
            "cells": _cells(condition.cells),
            "scores": sorted(evaluate.scores),
            "metrics": {name: _measured_on(name) for name in sorted(evaluate.metrics)},
            "attacks": {
                f"{attack.label or attack.attack}-{attack.norm}": _outcomes_of(attack.attack)
                for attack in evaluate.attacks
            },
        }
        roles = {f"score.{name}": _known("scores", name) for name in options["scores"]}
        roles |= {f"metric.{name}": _known("metrics", name) for name in options["metrics"]}
        return self._ledger.add("evaluate", condition.name, options, roles, measured)

    def evaluate_episodes(self, condition: Condition, continual: Continual, predicted: dict[str, Job]) -> Job:
        """Return the metrics of a condition of continual learning, from its predictions by role."""
        known = {name: _measured_on(name) for name in plugins.names("metrics")}
        metrics = [name for name, rule in known.items() if "episodes" in rule["measured_on"]]
        options = {
            "condition": condition.name,
            "dataset": continual.benchmark,
            "network": condition.network,
            "recipe": condition.recipe,
            "cells": _cells(condition.cells),
            "incremental": continual.incremental,
            "metrics": metrics,
        }
        roles = {f"metric.{name}": _known("metrics", name) for name in metrics}
        return self._ledger.add("evaluate", condition.name, options, roles, predicted, "evaluate_episodes")

    def evaluate_dense(
        self, condition: Condition, beside: Sequence[Cell], predicted: dict[str, Job], test: Job
    ) -> Job:
        """Return the metrics of a condition of segmentation, from its predictions by role and its test set.

        Its network is named with what is chosen for pixels: figures tell conditions apart by data-set and network.
        ``beside`` are networks of another condition that it is compared with.
        """
        dense = condition.dense
        assert dense is not None
        dataset = condition.dataset_plugin
        metrics = [name for name in plugins.names("metrics") if "dense" in _measured_on(name)["measured_on"]]
        classes, cells = plugins.constants("datasets", dataset.name)["CLASSES"], [*condition.cells, *beside]
        shown = shown_of(condition, cells)
        if len(shown) < 2 or condition.name not in stands(self._conditions):  # of a network, pictures of one unit
            shown = []
        options = {
            "condition": condition.name,
            "dataset": condition.dataset,
            "network": condition.network + dense.suffix(),
            "recipe": condition.recipe,
            "cells": _cells(cells),
            "metrics": metrics,
            "classes": list(classes[: sets.num_classes(dataset.name, dataset.options)]),
            "examples": shown,
            "ignored": dense.ignored,
        }
        roles = {f"metric.{name}": _known("metrics", name) for name in metrics}
        inputs = dict(predicted)
        if shown:
            roles |= reading(test)
            inputs["clean"] = test
        return self._ledger.add("evaluate", condition.name, options, roles, inputs, "evaluate_dense")

    def page(self, stage: str, name: str, function: str, evaluated: dict[str, Job]) -> Job:
        """Return a table or figure, from the metrics of each condition.

        What else it asks for (options of variants, say) is in its key, and in no other page's.
        """
        kind = f"{stage}s"
        plugin = Plugin(name, plugins.check_options(kind, name, {}, where=f"{kind}: {name}"))
        options: dict[str, Any] = {
            stage: plugin.value(),
            "study": self._study.study,
            "conditions": list(evaluated),
            "variants": self._variants,
        }
        asked = plugins.signature(kind, name)[0]
        if "variants" in asked:
            options["losses"] = {label: loss.value() for label, loss in self._losses.items()}
        if "parts" in asked:
            options["parts"] = {condition.name: self._parts(condition) for condition in self._conditions}
        sixteen = (self._study.claims or ClaimsConfig.model_validate({})).sixteen
        if "conditions" in asked:
            options["facts"] = facts_of(self._conditions, self._recipes, sixteen)
        if "pairs" in asked:
            options["pairs"] = {"sixteen": sixteen, "conditions": self._pairs()}
        inputs = {f"evaluate.{condition}": job for condition, job in evaluated.items()}
        roles = {stage: (kind, name, function)}
        roles |= {f"frame.{each}": ("frames", each, "frame") for each in plugins.names("frames") if each in asked}
        return self._ledger.add(stage, f"{self._study.study}-{name}", options, roles, inputs)

    def claims(self, evaluated: dict[str, Job]) -> dict[str, Job]:
        """Add the verdicts, if the study asks for them."""
        study = self._study
        if study.claims is None:
            return {}
        options = facts(study.study, self._conditions, self._variants, study.claims, self._recipes)
        inputs = {f"evaluate.{condition}": job for condition, job in evaluated.items()}
        return {"claims": self._ledger.add("claims", study.study, options, {}, inputs)}

    def report(
        self,
        evaluated: dict[str, Job],
        tables: dict[str, Job],
        figures: dict[str, Job],
        judged: dict[str, Job],
    ) -> Job:
        """Return the report, from everything that it shows."""
        study = self._study
        options = {
            "study": study.study,
            "title": study.title or study.study,
            "description": study.description,
            "config": yaml.safe_dump(written_out(study, self._conditions), sort_keys=True),
            "variants": [
                {"label": label, "loss": self._losses[label].name, "options": self._losses[label].options}
                for label in self._variants
            ],
            "conditions": list(evaluated),
            "trained": {one.name: sorted({cell.variant for cell in one.cells}) for one in self._conditions},
            "tables": list(tables),
            "figures": list(figures),
            "data": self._sources(),
        }
        inputs = {f"evaluate.{name}": job for name, job in evaluated.items()}
        inputs |= {f"table.{name}": job for name, job in tables.items()}
        inputs |= {f"figure.{name}": job for name, job in figures.items()} | judged
        return self._ledger.add("report", study.study, options, {}, inputs)

    def _pairs(self) -> dict[str, dict[str, str]]:
        return {
            one.name: {"strategy": one.continual.strategy, "incremental": one.continual.incremental}
            for one in self._conditions
            if one.continual
        }

    def _parts(self, condition: Condition) -> dict[str, list[str]]:
        groups = condition.evaluate.predict.values()
        return {label: members for group in groups for label, members in parts_of(self._study, group).items()}

    def _sources(self) -> dict[str, Any]:
        """Return where the raw data of the plan are from, by name."""
        fetched = {job.cell: job.plugins["fetch"] for job in self._ledger.jobs.values() if job.stage == "fetch"}
        constants = {name: plugins.constants(kind, name) for name, (kind, _, _) in sorted(fetched.items())}
        return {
            name: {
                "complete": bool(of.get("COMPLETE", False)),
                "sizes": of.get("SIZES", {}),
                "source": str(of.get("SOURCE", "")),
            }
            for name, of in constants.items()
        }


def _cells(cells: Sequence[Cell]) -> dict[str, dict[str, Any]]:
    return {cell.name: {"variant": cell.variant, "loss": cell.loss.name, "seed": cell.seed} for cell in cells}


def shown_of(condition: Condition, cells: Sequence[Cell]) -> list[str]:
    """Return the names of the cells of segmentation that stand for CE and for HEM+: the first seed of each.

    Their predicted classes are kept, one byte a pixel: none of large test sets.
    """
    facts = plugins.constants("datasets", condition.dataset_plugin.name)
    _, height, width = facts["IMAGE_SHAPE"]
    if facts["SIZES"]["test"] * height * width > MOST_PREDICTED:
        return []
    found = []
    for loss in ("ce", "hem_plus"):
        of_loss = [cell for cell in cells if cell.loss.name == loss]
        named = [cell for cell in of_loss if cell.variant == loss] or of_loss
        found += [cell.name for cell in sorted(named, key=lambda cell: (cell.seed, cell.variant))[:1]]
    return found


def _known(kind: str, name: str) -> tuple[str, str, str]:
    plugins.path_of(kind, name)
    return (kind, name, plugins.entry(kind, name))


def _measured_on(metric: str) -> dict[str, Any]:
    """Return what a metric's file says of itself: the kinds of sets and the scores that it makes sense for."""
    facts = plugins.constants("metrics", _known("metrics", metric)[1])
    if not isinstance(facts.get("MEASURED_ON"), tuple) or "SCORES" not in facts:
        raise PluginError(
            f"src/hembench/metrics/{metric}.py: a metric needs the constants MEASURED_ON (kinds of sets) and "
            f"SCORES (names, or None for all)."
        )
    scores = facts["SCORES"]
    return {"measured_on": list(facts["MEASURED_ON"]), "scores": None if scores is None else list(scores)}


def _outcomes_of(attack: str) -> dict[str, Any]:
    """Return what an attack's file says of its results: which images count, which parts see logits alone."""
    facts = plugins.constants("attacks", attack)
    parts, black_box = facts.get("ATTACKS"), facts.get("BLACK_BOX", ())
    if not isinstance(parts, tuple) or not set(black_box) <= set(parts):
        raise PluginError(
            f"src/hembench/attacks/{attack}.py: an attack needs the constant ATTACKS (names of its parts); "
            f"BLACK_BOX, if there is one, names some of them."
        )
    return {"drops_wrong": bool(facts.get("DROPS_WRONG", False)), "black_box": list(black_box)}
