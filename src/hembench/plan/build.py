"""From a validated study to its plan: every job with its options, plug-ins, inputs and key. A pure function.

In the order of the data flow: sets (``build_sets``), networks and what is measured on them (here), and what people
look at (``build_pages``). The options given are the very objects that are hashed and that the stage's ``compute``
gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hembench.core import plugins
from hembench.core.errors import ConfigError
from hembench.plan import sets
from hembench.plan._uncollected import uncollected
from hembench.plan.build_derived import Derived, is_learnt
from hembench.plan.build_pages import Pages, shown_of
from hembench.plan.build_sets import Sets, images_in, reading
from hembench.plan.cells import Cell, Condition, beside, conditions_of
from hembench.plan.continual import Continual
from hembench.plan.dense import Dense, uses_counts
from hembench.plan.evaluate import AttackConfig, GroupConfig
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Job, Plan
from hembench.plan.ledger import Ledger, installed
from hembench.plan.plugged import attack_plugin, corruptions_of
from hembench.plan.recipe import PLUGINS
from hembench.plan.study import StudyConfig

ENCODERS = "encoders"
"""Folder of the data folder with files of encoders' weights."""

MOST_LOGITS = 1_000_000_000
"""Bytes of a group's logits for one network; of larger groups labels and scores are kept instead."""


@uncollected()
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
    ledger = Ledger(fingerprinter, installed() if study.keyed_libraries else None)
    conditions = conditions_of(study, recipes)
    pages = Pages(study, conditions, recipes, ledger)
    networks = Networks(study, Sets(study, ledger), Derived(study, recipes, ledger), pages, ledger)
    evaluated = {
        condition.name: networks.condition(condition, beside(condition, conditions)) for condition in conditions
    }
    tables = {name: pages.page("table", name, "tabulate", evaluated) for name in study.tables}
    figures = {name: pages.page("figure", name, "draw", evaluated) for name in study.figures}
    pages.report(evaluated, tables, figures, pages.claims(evaluated))
    return Plan(study.study, ledger.jobs, ledger.code, settings or {})


class Networks:
    """Adds the trainings of a condition, and what is measured on the networks."""

    def __init__(self, study: StudyConfig, sets: Sets, derived: Derived, pages: Pages, ledger: Ledger) -> None:
        self._study, self._sets, self._derived = study, sets, derived
        self._pages, self._ledger = pages, ledger

    def condition(self, condition: Condition, others: Sequence[tuple[Condition, Cell]]) -> Job:
        """Return the metrics of a condition, all that they need added before; ``others`` are measured with it."""
        training_set, test = self._sets.training(condition), self._sets.test(condition)
        if condition.continual:
            found = {}
            for cell in condition.cells:
                network = self._train(condition, cell, training_set)
                job = self._predict_episodes(condition, condition.continual, cell, network, test)
                found[f"predict.episodes.{cell.name}"] = job
            return self._pages.evaluate_episodes(condition, condition.continual, found)
        if condition.dense:
            found = {}
            for each, cell in [*((condition, cell) for cell in condition.cells), *others]:
                network = self._train(each, cell, training_set)
                found[f"predict.dense.{cell.name}"] = self._predict_dense(each, cell, network, test)
            return self._pages.evaluate_dense(condition, [cell for _, cell in others], found, test)
        groups = {name: self._group(condition, group, test) for name, group in condition.evaluate.predict.items()}
        attacks = {
            f"{attack.label or attack.attack}-{attack.norm}": self._attack_options(condition, attack)
            for attack in condition.evaluate.attacks
        }
        measured: dict[str, Job] = {}
        for cell in condition.cells:
            network = self._train(condition, cell, training_set)
            for name, evaluated in groups.items():
                images = condition.evaluate.predict[name].images
                job = self._predict(condition, cell, name, images, network, evaluated)
                measured[f"predict.{name}.{cell.name}"] = job
            for label, options in attacks.items():
                measured[f"attack.{label}.{cell.name}"] = self._attack(cell, label, options, network, test)
        return self._pages.evaluate(condition, measured)

    def _network_options(self, condition: Condition) -> dict[str, Any]:
        facts = plugins.constants("datasets", condition.dataset_plugin.name)
        return {
            "num_classes": sets.num_classes(condition.dataset_plugin.name, condition.dataset_plugin.options),
            "image_shape": list(facts["IMAGE_SHAPE"]),
            "network": condition.network_plugin.value(),
        }

    def _task(self, condition: Condition) -> str:
        if condition.dense:
            return "segmentation"
        return "continual" if condition.continual else self._study.task

    def _train(self, condition: Condition, cell: Cell, training_set: Job) -> Job:
        options = {
            "task": self._task(condition),
            "condition": condition.streams,
            "seed": cell.seed,
            "loss": cell.loss.value(),
            "recipe": cell.recipe,
            **self._network_options(condition),
        }
        roles = {
            "loss": ("losses", cell.loss.name, "build"),
            "network": ("networks", condition.network_plugin.name, "build"),
            "task": ("tasks", self._task(condition), "train"),
            **reading(training_set),
        } | {
            section: (kind, cell.recipe[section]["name"], "build")
            for section, kind in PLUGINS.items()
            if cell.recipe[section]
        }
        if condition.continual:
            options |= condition.continual.options()
            roles |= {
                "strategy": ("strategies", condition.continual.strategy_plugin.name, "build"),
                "episodes": ("episodes", condition.continual.benchmark_plugin.name, "divide"),
            }
        inputs, file = {"train": training_set}, "train"
        if is_learnt(cell.loss):
            given = (condition, cell.loss, training_set, self._train, self._predict)
            inputs, file = inputs | {"derived": self._derived.similarity(*given)}, "train_derived"
        if condition.dense:
            options, file = options | condition.dense.shared(), "train_dense"
            inputs = inputs | self._dense_inputs(condition, condition.dense, cell, training_set)
        return self._ledger.add("train", cell.name, options, roles, inputs, file)

    def _dense_inputs(self, condition: Condition, dense: Dense, cell: Cell, training_set: Job) -> dict[str, Job]:
        """Return what a training of segmentation reads besides its set: class counts, an encoder's weights."""
        inputs = {}
        if uses_counts(cell.loss.name):
            inputs["counts"] = self._derived.class_counts(condition, dense, training_set)
        if dense.encoder:
            options = {"dataset": ENCODERS, **dense.encoder}
            name = f"encoder-{dense.encoder['sha256'][:12]}"
            inputs["encoder"] = self._ledger.add("prepare", name, options, {}, {}, "prepare_encoder")
        return inputs

    def _predict_dense(self, condition: Condition, cell: Cell, network: Job, test: Job) -> Job:
        dense = condition.dense
        assert dense is not None
        options = {
            "task": "segmentation",
            "batch_size": dense.batch_size,
            "keep_predicted": cell.name in shown_of(condition, condition.cells),
            **dense.shared(),
            **self._network_options(condition),
        }
        roles = {
            "network": ("networks", condition.network_plugin.name, "build"),
            "task": ("tasks", "segmentation", "predict"),
            **reading(test),
        }
        inputs = {"network": network, "clean": test}
        return self._ledger.add("predict", f"{cell.name}-dense", options, roles, inputs, "predict_dense")

    def _predict_episodes(
        self, condition: Condition, continual: Continual, cell: Cell, network: Job, test: Job
    ) -> Job:
        options = {
            "task": "continual",
            "seed": cell.seed,
            "batch_size": condition.evaluate.batch_size,
            "episodes": continual.benchmark_plugin.value(),
            "normalise": continual.normalise,
            **self._network_options(condition),
        }
        roles = {
            "network": ("networks", condition.network_plugin.name, "build"),
            "episodes": ("episodes", continual.benchmark_plugin.name, "divide"),
            "task": ("tasks", "continual", "predict"),
            **reading(test),
        }
        inputs = {"network": network, "clean": test}
        return self._ledger.add("predict", f"{cell.name}-episodes", options, roles, inputs, "predict_episodes")

    def _group(self, condition: Condition, group: GroupConfig, test: Job) -> dict[str, Job]:
        """Return the sets of an evaluation group by role; every cell of the condition is evaluated on them."""
        clean = {"clean": test} if group.clean else {}
        ood = {f"ood.{label}": self._sets.ood(condition, label, test) for label in group.ood}
        corrupted = {
            f"corruption.{label}": self._sets.corrupted(condition, label, test)
            for label in corruptions_of(self._study, group)
        }
        return clean | ood | corrupted

    def _predict(
        self,
        condition: Condition,
        cell: Cell,
        name: str,
        images: int | None,
        network: Job,
        evaluated: dict[str, Job],
    ) -> Job:
        options = {
            "task": self._study.task,
            "images": images,
            "batch_size": condition.evaluate.batch_size,
            **self._network_options(condition),
        }
        roles = {
            "network": ("networks", condition.network_plugin.name, "build"),
            "task": ("tasks", self._study.task, "predict"),
            **reading(*evaluated.values()),
        }
        file = "predict"
        predicted = sum(images_in(job, images) for job in evaluated.values())
        if 4 * options["num_classes"] * predicted > MOST_LOGITS:
            file, options["scores"] = "predict_scores", sorted(condition.evaluate.scores)
            roles |= {f"score.{score}": ("scores", score, score) for score in options["scores"]}
        return self._ledger.add(
            "predict", f"{cell.name}-{name}", options, roles, {"network": network, **evaluated}, file
        )

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
            **reading(test),
        }
        inputs = {"network": network, "clean": test}
        return self._ledger.add("attack", f"{cell.name}-{label}", {**options, "seed": cell.seed}, roles, inputs)
