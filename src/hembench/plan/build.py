"""From a validated study to its plan: every job with its options, plug-ins, inputs and key. A pure function.

One method per stage, in the order of the data flow. The options given here are the very objects that are hashed
and that the stage's ``compute`` gets.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from hembench.core import plugins
from hembench.core.errors import ConfigError, PluginError
from hembench.plan import claims, sets
from hembench.plan.cells import (
    Cell,
    Condition,
    Plugin,
    attack_plugin,
    conditions_of,
    corruptions_of,
    filled,
    variant_order,
    written_out,
)
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Job, Plan
from hembench.plan.study import AttackConfig, GroupConfig, StudyConfig

Entries = dict[str, tuple[str, str, str]]


def build(
    study: StudyConfig, recipes: Path, fingerprinter: Fingerprinter, settings: dict[str, Any] | None = None
) -> Plan:
    """Return the plan of a study.

    Args:
        study: the validated study.
        recipes: folder of recipe files.
        fingerprinter: gives the digest of the code that a stage can execute.
        settings: what jobs need besides their options (folders); kept in the plan, in no key.

    Raises:
        ConfigError: a name, option or label of the study is wrong.
        FingerprintError: followed code uses a construct that can't be resolved.
    """
    return _Builder(study, recipes, fingerprinter).plan(settings or {})


def entries(file: str, roles: Entries) -> list[tuple[str, str | None]]:
    """Return where the code of a job starts: everything in its stage file, and its plug-in functions.

    The key hashes what can be reached from here; the driver hands the same functions to ``compute``. A fetch has
    none: what it brings is compared with the sha256 in its key, so its code can change no byte, and a new mirror
    makes no training stale.
    """
    if file == "fetch":
        return []
    stage: list[tuple[str, str | None]] = [(f"hembench.stages.{file}", None)]
    return stage + [(f"hembench.{kind}.{name}", function) for kind, name, function in sorted(roles.values())]


class _Builder:
    def __init__(self, study: StudyConfig, recipes: Path, fingerprinter: Fingerprinter) -> None:
        self._study = study
        self._fingerprinter = fingerprinter
        self._conditions = conditions_of(study, recipes)
        self._variants = variant_order(study)
        self._jobs: dict[str, Job] = {}
        self._code: dict[str, dict[str, str]] = {}

    def plan(self, settings: dict[str, Any]) -> Plan:
        evaluated = {condition.name: self._condition(condition) for condition in self._conditions}
        tables = {name: self._page("table", name, "tabulate", evaluated) for name in self._study.tables}
        figures = {name: self._page("figure", name, "draw", evaluated) for name in self._study.figures}
        self._report(evaluated, tables, figures, self._claims(evaluated))
        return Plan(self._study.study, self._jobs, self._code, settings)

    def _job(
        self,
        stage: str,
        cell: str,
        options: dict[str, Any],
        roles: Entries,
        inputs: dict[str, Job],
        file: str = "",
        data: dict[str, Any] | None = None,
    ) -> Job:
        """Add a job with its key to the plan; the same job asked for twice is one."""
        file = file or stage
        code = self._fingerprinter.code(entries(file, roles))
        self._code[code.digest] = code.definitions
        ingredients = {
            "stage": stage,
            "schema": _schema(file),
            "options": options,
            "code": code.digest,
            "inputs": {role: inputs[role].key for role in sorted(inputs)},
        }
        if data is not None:
            ingredients["data"] = data
        sources = {role: inputs[role].path for role in sorted(inputs)}
        job = Job(stage, cell, file, options, roles, sources, ingredients)
        return self._jobs.setdefault(job.path, job)

    # -- data -----------------------------------------------------------------------------------------------------

    def _training_set(self, condition: Condition) -> Job:
        plugin = condition.dataset_plugin
        return self._set_of("train", f"{condition.dataset}-train", plugin.name, plugin.options)

    def _test_set(self, condition: Condition) -> Job:
        # named after the data-set itself where no option changes it, so that its long-tailed sister shares it
        label = condition.dataset if condition.test_options else condition.dataset_plugin.name
        return self._set_of("test", f"{label}-test", condition.dataset_plugin.name, condition.test_options)

    def _set_of(self, which: str, cell: str, dataset: str, given: dict[str, Any]) -> Job:
        facts = plugins.constants("datasets", dataset)
        raw = self._fetch("datasets", dataset)
        options = {"dataset": dataset, "set": which, "options": given, "num_classes": facts["NUM_CLASSES"]}
        return self._job("prepare", cell, options, {"read": ("datasets", dataset, which)}, {"raw": raw})

    def _fetch(self, kind: str, name: str) -> Job:
        data = {"files": plugins.constants(kind, name)["FILES"]}
        return self._job("fetch", name, {"dataset": name}, {"fetch": (kind, name, "fetch")}, {}, data=data)

    def _ood_set(self, condition: Condition, label: str, test: Job) -> Job:
        plugin = filled(self._study, "ood", label, "evaluate.predict")
        if sets.is_natural(plugin.name):
            return self._natural_ood_set(condition, label, plugin)
        dataset = condition.dataset_plugin.name
        options = {"dataset": dataset, "ood": plugin.value(), "images": self._study.evaluate.ood_images}
        roles = {"generate": ("ood", plugin.name, "generate")}
        return self._job("prepare", f"{dataset}-ood-{label}", options, roles, {"test": test}, "prepare_ood")

    def _natural_ood_set(self, condition: Condition, label: str, plugin: Plugin) -> Job:
        dataset = condition.dataset_plugin.name
        if plugin.name == dataset:
            raise ConfigError(
                f"evaluate.predict ({label}): {dataset!r} can't be an OOD set for networks that are trained on it "
                f"(condition {condition.name!r})."
            )
        natural = self._set_of("test", f"{plugin.name}-test", plugin.name, {})
        shape = list(plugins.constants("datasets", dataset)["IMAGE_SHAPE"])
        options = {"dataset": dataset, "ood": plugin.value(), "image_shape": shape}
        return self._job("prepare", f"{dataset}-ood-{label}", options, {}, {"natural": natural}, sets.NATURAL)

    def _corrupted_set(self, condition: Condition, label: str, test: Job) -> Job:
        plugin = filled(self._study, "corruptions", label, "evaluate.predict")
        dataset = condition.dataset_plugin.name
        severities = self._severities(plugin)
        cell = f"{dataset}-corruption-{label}"
        part_of = sets.published(plugin.name)
        if part_of:
            return self._published_corruption(condition, cell, part_of, severities, test)
        options = {"dataset": dataset, "corruption": plugin.value(), "severities": severities}
        roles = {"corrupt": ("corruptions", plugin.name, "corrupt")}
        return self._job("prepare", cell, options, roles, {"test": test}, "prepare_corruption")

    def _published_corruption(
        self, condition: Condition, cell: str, part_of: tuple[str, str], severities: list[int], test: Job
    ) -> Job:
        name, member = part_of
        of, dataset = plugins.constants("corruptions", name)["OF"], condition.dataset_plugin.name
        if of != dataset:
            raise ConfigError(
                f"evaluate.predict: {name!r} holds corrupted test images of {of!r}, not of {dataset!r} "
                f"(condition {condition.name!r})."
            )
        options = {"dataset": name, "member": member, "severities": severities}
        inputs = {"raw": self._fetch("corruptions", name), "test": test}
        roles = {"read": ("corruptions", name, "read")}
        return self._job("prepare", cell, options, roles, inputs, sets.PUBLISHED)

    def _severities(self, corruption: Plugin) -> list[int]:
        known = sets.severities(corruption.name)
        wanted = self._study.evaluate.severities
        for severity in wanted or []:
            if severity not in known:
                raise ConfigError(
                    f"evaluate.severities: {corruption.name!r} has no severity {severity}; it has {known}."
                )
        return sorted(wanted) if wanted else known

    # -- networks -------------------------------------------------------------------------------------------------

    def _condition(self, condition: Condition) -> Job:
        training_set, test = self._training_set(condition), self._test_set(condition)
        groups = {
            name: self._group(condition, group, test) for name, group in self._study.evaluate.predict.items()
        }
        attacks = {
            f"{attack.label or attack.attack}-{attack.norm}": self._attack_options(condition, attack)
            for attack in self._study.evaluate.attacks
        }
        measured: dict[str, Job] = {}
        for cell in condition.cells:
            network = self._train(condition, cell, training_set)
            for name, evaluated in groups.items():
                measured[f"predict.{name}.{cell.name}"] = self._predict(condition, cell, name, network, evaluated)
            for label, options in attacks.items():
                measured[f"attack.{label}.{cell.name}"] = self._attack(cell, label, options, network, test)
        return self._evaluate(condition, measured)

    def _network_options(self, condition: Condition) -> dict[str, Any]:
        facts = plugins.constants("datasets", condition.dataset_plugin.name)
        return {
            "num_classes": facts["NUM_CLASSES"],
            "image_shape": list(facts["IMAGE_SHAPE"]),
            "network": condition.network_plugin.value(),
        }

    def _train(self, condition: Condition, cell: Cell, training_set: Job) -> Job:
        options = {
            "task": self._study.task,
            "condition": condition.name,
            "seed": cell.seed,
            "loss": cell.loss.value(),
            "recipe": cell.recipe,
            **self._network_options(condition),
        }
        roles = {
            "loss": ("losses", cell.loss.name, "build"),
            "network": ("networks", condition.network_plugin.name, "build"),
            "task": ("tasks", self._study.task, "train"),
        }
        return self._job("train", cell.name, options, roles, {"train": training_set})

    def _group(self, condition: Condition, group: GroupConfig, test: Job) -> dict[str, Job]:
        """Return the sets of an evaluation group by role; every cell of the condition is evaluated on them."""
        clean = {"clean": test} if group.clean else {}
        ood = {f"ood.{label}": self._ood_set(condition, label, test) for label in group.ood}
        corrupted = {
            f"corruption.{label}": self._corrupted_set(condition, label, test)
            for label in corruptions_of(self._study, group)
        }
        return clean | ood | corrupted

    def _predict(
        self, condition: Condition, cell: Cell, name: str, network: Job, evaluated: dict[str, Job]
    ) -> Job:
        options = {
            "task": self._study.task,
            "batch_size": self._study.evaluate.batch_size,
            **self._network_options(condition),
        }
        roles = {
            "network": ("networks", condition.network_plugin.name, "build"),
            "task": ("tasks", self._study.task, "predict"),
        }
        return self._job("predict", f"{cell.name}-{name}", options, roles, {"network": network, **evaluated})

    def _attack_options(self, condition: Condition, attack: AttackConfig) -> dict[str, Any]:
        """Return the options of an attack on the cells of a condition, all but the seed."""
        plugin = attack_plugin(attack)
        size = plugins.constants("datasets", condition.dataset_plugin.name)["SIZES"]["test"]
        if attack.images > size:
            raise ConfigError(
                f"evaluate.attacks: {attack.attack} on {attack.images} images: the test set of "
                f"{condition.dataset_plugin.name!r} has {size}. Attack at most as many."
            )
        return {
            "task": self._study.task,
            "condition": condition.name,
            "dataset": condition.dataset_plugin.name,
            "attack": plugin.value(),
            "norm": attack.norm,
            "eps": attack.eps,
            "images": attack.images,
            "shard": attack.shard,
            **self._network_options(condition),
        }

    def _attack(self, cell: Cell, label: str, options: dict[str, Any], network: Job, test: Job) -> Job:
        roles = {
            "network": ("networks", options["network"]["name"], "build"),
            "attack": ("attacks", options["attack"]["name"], "attack"),
        }
        inputs = {"network": network, "clean": test}
        return self._job("attack", f"{cell.name}-{label}", {**options, "seed": cell.seed}, roles, inputs)

    # -- numbers and pages ----------------------------------------------------------------------------------------

    def _evaluate(self, condition: Condition, measured: dict[str, Job]) -> Job:
        evaluate = self._study.evaluate
        options = {
            "condition": condition.name,
            "dataset": condition.dataset,
            "network": condition.network,
            "recipe": condition.recipe,
            "cells": {
                cell.name: {"variant": cell.variant, "loss": cell.loss.name, "seed": cell.seed}
                for cell in condition.cells
            },
            "scores": sorted(evaluate.scores),
            "metrics": {name: _measured_on(name) for name in sorted(evaluate.metrics)},
            "attacks": {
                f"{attack.label or attack.attack}-{attack.norm}": _outcomes_of(attack.attack)
                for attack in evaluate.attacks
            },
        }
        roles = {f"score.{name}": _known("scores", name) for name in options["scores"]}
        roles |= {f"metric.{name}": _known("metrics", name) for name in options["metrics"]}
        return self._job("evaluate", condition.name, options, roles, measured)

    def _page(self, stage: str, name: str, function: str, evaluated: dict[str, Job]) -> Job:
        kind = f"{stage}s"
        plugin = Plugin(name, plugins.check_options(kind, name, {}, where=f"{kind}: {name}"))
        options = {
            stage: plugin.value(),
            "study": self._study.study,
            "conditions": list(evaluated),
            "variants": self._variants,
        }
        inputs = {f"evaluate.{condition}": job for condition, job in evaluated.items()}
        return self._job(stage, f"{self._study.study}-{name}", options, {stage: (kind, name, function)}, inputs)

    def _claims(self, evaluated: dict[str, Job]) -> dict[str, Job]:
        """Add the verdicts, if the study asks for them."""
        study = self._study
        if study.claims is None:
            return {}
        options = claims.facts(study.study, self._conditions, self._variants, study.claims.margin)
        inputs = {f"evaluate.{condition}": job for condition, job in evaluated.items()}
        return {"claims": self._job("claims", study.study, options, {}, inputs)}

    def _report(
        self,
        evaluated: dict[str, Job],
        tables: dict[str, Job],
        figures: dict[str, Job],
        judged: dict[str, Job],
    ) -> Job:
        study = self._study
        losses = {cell.variant: cell.loss for condition in self._conditions for cell in condition.cells}
        options = {
            "study": study.study,
            "title": study.title or study.study,
            "description": study.description,
            "config": yaml.safe_dump(written_out(study, self._conditions), sort_keys=True),
            "variants": [
                {"label": label, "loss": losses[label].name, "options": losses[label].options}
                for label in self._variants
            ],
            "conditions": list(evaluated),
            "tables": list(tables),
            "figures": list(figures),
            "data": self._sources(),
        }
        inputs = {f"evaluate.{name}": job for name, job in evaluated.items()}
        inputs |= {f"table.{name}": job for name, job in tables.items()}
        inputs |= {f"figure.{name}": job for name, job in figures.items()} | judged
        return self._job("report", study.study, options, {}, inputs)

    def _sources(self) -> dict[str, Any]:
        """Return where the raw data of the plan are from, by name."""
        fetched = {job.cell: job.plugins["fetch"] for job in self._jobs.values() if job.stage == "fetch"}
        facts = {name: plugins.constants(kind, name) for name, (kind, _, _) in sorted(fetched.items())}
        return {
            name: {
                "complete": bool(of.get("COMPLETE", False)),
                "sizes": of.get("SIZES", {}),
                "source": str(of.get("SOURCE", "")),
            }
            for name, of in facts.items()
        }


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


def _schema(file: str) -> int:
    schema = plugins.constants("stages", file).get("SCHEMA")
    if not isinstance(schema, int):
        raise PluginError(f"src/hembench/stages/{file}.py: a stage needs a number SCHEMA at the top of its file.")
    return schema
