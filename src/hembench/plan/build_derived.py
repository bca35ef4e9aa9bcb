"""Jobs that learn from data what a loss needs before its trainings: the similarity of classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hembench.core import plugins
from hembench.core.errors import ConfigError
from hembench.plan import sets
from hembench.plan.build_sets import reading
from hembench.plan.cells import Cell, Condition
from hembench.plan.dense import Dense
from hembench.plan.jobs import Job
from hembench.plan.ledger import Ledger
from hembench.plan.plugged import Plugin
from hembench.plan.recipe import resolve_recipe
from hembench.plan.study import StudyConfig

REFERENCE, SEED = "ce", 0
"""Loss and seed of the networks that are learnt from: one matrix a condition, for all its seeds."""

Train = Callable[[Condition, Cell, Job], Job]
Predict = Callable[[Condition, Cell, str, int | None, Job, dict[str, Job]], Job]


def is_learnt(loss: Plugin) -> bool:
    """Tell whether a loss's matrix is learnt: it has one, and the study gives none."""
    return "DERIVED" in plugins.constants("losses", loss.name) and loss.options["matrix"] is None


class Derived:
    """Adds what trainings of such losses read, and the trainings and predictions behind it.

    Each fold of the training set is predicted by a network that was trained on the others with cross-entropy, by
    the condition's recipe.
    """

    def __init__(self, study: StudyConfig, recipes: Path, ledger: Ledger) -> None:
        self._study, self._recipes, self._ledger = study, recipes, ledger

    def similarity(
        self, condition: Condition, loss: Plugin, training_set: Job, train: Train, predict: Predict
    ) -> Job:
        """Return the matrix for a loss in a condition.

        Args:
            condition: the condition.
            loss: one that ``is_learnt``.
            training_set: of the condition.
            train: adds the training of a cell on a set.
            predict: adds the prediction of a cell's network, under a name, of so many images (None: all) of
                sets by role.

        Raises:
            ConfigError: the training set fits no memory.
        """
        dataset = condition.dataset_plugin.name
        if sets.is_large("datasets", dataset):
            raise ConfigError(
                f"losses: {loss.name!r} learns its matrix from folds of the training set, which is not built for "
                f"sets that fit no memory, as {dataset!r}: give it a `matrix`."
            )
        folds = loss.options["folds"]
        recipe = resolve_recipe(
            condition.recipe, self._study.recipes.get(condition.recipe), self._recipes, REFERENCE
        )
        reference = Plugin(REFERENCE, plugins.check_options("losses", REFERENCE, {}))
        held = {}
        for fold in range(folds):
            name = f"{condition.name}-{REFERENCE}-fold{fold}of{folds}"
            cell = Cell(name, condition.name, REFERENCE, reference, SEED, recipe)
            network = train(condition, cell, self._fold(condition, training_set, fold, folds, held=False))
            known = self._fold(condition, training_set, fold, folds, held=True)
            held[f"fold.{fold}"] = predict(condition, cell, "held", None, network, {"clean": known})
        options = {
            "num_classes": plugins.constants("datasets", dataset)["NUM_CLASSES"],
            "softening": loss.options["softening"],
        }
        file = plugins.constants("losses", loss.name)["DERIVED"]
        return self._ledger.add("derive", f"{condition.name}-similarity", options, {}, held, file)

    def class_counts(self, condition: Condition, dense: Dense, training_set: Job) -> Job:
        """Return how often each class occurs in a training set with a label for each pixel."""
        options = {
            "num_classes": training_set.options["num_classes"],
            "ignored": dense.ignored,
            "unit": dense.class_count_unit,
        }
        cell = f"{condition.dataset}-train-counts-{dense.class_count_unit}"
        inputs = {"train": training_set}
        return self._ledger.add("derive", cell, options, reading(training_set), inputs, "derive_class_counts")

    def _fold(self, condition: Condition, training_set: Job, fold: int, folds: int, held: bool) -> Job:
        dataset = condition.dataset_plugin.name
        options: dict[str, Any] = {
            "dataset": dataset,
            "set": "train",
            "fold": fold,
            "folds": folds,
            "held": held,
            "num_classes": plugins.constants("datasets", dataset)["NUM_CLASSES"],
        }
        cell = f"{condition.dataset}-train-fold{fold}of{folds}-{'held' if held else 'rest'}"
        return self._ledger.add("prepare", cell, options, {}, {"train": training_set}, "prepare_fold")
