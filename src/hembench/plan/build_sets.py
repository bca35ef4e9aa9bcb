"""Jobs that bring data: raw files, training and test sets, OOD sets, corruptions."""

from __future__ import annotations

from typing import Any

from hembench.core import plugins
from hembench.core.errors import ConfigError
from hembench.plan import sets
from hembench.plan.cells import Condition
from hembench.plan.jobs import Job
from hembench.plan.ledger import Entries, Ledger
from hembench.plan.plugged import Plugin, filled
from hembench.plan.study import StudyConfig

SHARDS = "_shards"
"""End of the name of a stage file that prepares a set in shards."""


class Sets:
    """Adds the sets that a study's networks are trained, tested and evaluated on."""

    def __init__(self, study: StudyConfig, ledger: Ledger) -> None:
        self._study, self._ledger = study, ledger

    def training(self, condition: Condition) -> Job:
        """Return the training set of a condition."""
        plugin = condition.dataset_plugin
        return self._set_of("train", f"{condition.dataset}-train", plugin.name, plugin.options)

    def test(self, condition: Condition) -> Job:
        """Return the test set of a condition."""
        # named after the data-set itself where no option changes it, so that its long-tailed sister shares it
        label = condition.dataset if condition.test_options else condition.dataset_plugin.name
        return self._set_of("test", f"{label}-test", condition.dataset_plugin.name, condition.test_options)

    def _set_of(self, which: str, cell: str, dataset: str, given: dict[str, Any]) -> Job:
        facts = plugins.constants("datasets", dataset)
        raw = self._fetch("datasets", dataset)
        classes = sets.num_classes(dataset, given)
        options = {"dataset": dataset, "set": which, "options": given, "num_classes": classes}
        large = sets.is_large("datasets", dataset)
        if large:
            options["images"] = facts["SIZES"][which]
        roles = {"read": ("datasets", dataset, which)}
        file = "prepare"
        if sets.is_dense(dataset):
            options["ignored"], file = facts["IGNORED"], "prepare_dense"
        return self._prepare(cell, options, roles, {"raw": raw}, file, large)

    def _prepare(
        self, cell: str, options: dict[str, Any], roles: Entries, inputs: dict[str, Job], file: str, large: bool
    ) -> Job:
        """Return the job of a set; one that fits no memory is written in shards, by a stage file of its own."""
        if large:
            per_shard = sets.dense_shard(options["dataset"]) if "ignored" in options else sets.PER_SHARD
            options, file = {**options, "per_shard": per_shard}, f"{file}{SHARDS}"
        return self._ledger.add("prepare", cell, options, roles, inputs, file)

    def _fetch(self, kind: str, name: str) -> Job:
        data = {"files": plugins.constants(kind, name)["FILES"]}
        return self._ledger.add("fetch", name, {"dataset": name}, {"fetch": (kind, name, "fetch")}, {}, data=data)

    def ood(self, condition: Condition, label: str, test: Job) -> Job:
        """Return an OOD set for networks of a condition, made of its test set or of another data-set."""
        plugin = filled(self._study, "ood", label, "evaluate.predict")
        if sets.is_natural(plugin.name):
            return self._natural_ood(condition, label, plugin)
        dataset = condition.dataset_plugin.name
        options = {"dataset": dataset, "ood": plugin.value(), "images": condition.evaluate.ood_images}
        roles = {"generate": ("ood", plugin.name, "generate"), **reading(test)}
        return self._ledger.add("prepare", f"{dataset}-ood-{label}", options, roles, {"test": test}, "prepare_ood")

    def _natural_ood(self, condition: Condition, label: str, plugin: Plugin) -> Job:
        dataset = condition.dataset_plugin.name
        if plugin.name == dataset:
            raise ConfigError(
                f"evaluate.predict ({label}): {dataset!r} can't be an OOD set for networks that are trained on it "
                f"(condition {condition.name!r})."
            )
        if sets.is_dense(plugin.name):
            raise ConfigError(
                f"evaluate.predict ({label}): {plugin.name!r} has a label for each pixel: its pictures are no OOD "
                "set."
            )
        natural = self._set_of("test", f"{plugin.name}-test", plugin.name, {})
        shape = list(plugins.constants("datasets", dataset)["IMAGE_SHAPE"])
        options = {"dataset": dataset, "ood": plugin.value(), "image_shape": shape}
        large = sets.is_large("datasets", plugin.name)
        return self._prepare(f"{dataset}-ood-{label}", options, {}, {"natural": natural}, sets.NATURAL, large)

    def corrupted(self, condition: Condition, label: str, test: Job) -> Job:
        """Return a corruption of a condition's test set, made or published."""
        plugin = filled(self._study, "corruptions", label, "evaluate.predict")
        dataset = condition.dataset_plugin.name
        severities = _severities(plugin, condition.evaluate.severities)
        cell = f"{dataset}-corruption-{label}"
        part_of = sets.published(plugin.name)
        if part_of:
            return self._published_corruption(condition, cell, part_of, severities, test)
        if sets.is_large("datasets", dataset):
            raise ConfigError(
                f"evaluate.predict ({label}): {dataset!r} fits no memory, and corruptions that are made here are "
                "made of all images at once. Name a published one."
            )
        options = {"dataset": dataset, "corruption": plugin.value(), "severities": severities}
        roles = {"corrupt": ("corruptions", plugin.name, "corrupt")}
        return self._ledger.add("prepare", cell, options, roles, {"test": test}, "prepare_corruption")

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
        return self._prepare(cell, options, roles, inputs, sets.PUBLISHED, sets.is_large("corruptions", name))


def reading(*prepared: Job) -> Entries:
    """Return the plug-in by which a job reads these sets; that for shards is in the key of those that have any."""
    in_shards = any(job.file.endswith(SHARDS) for job in prepared)
    return {"read_set": ("sets", "shards" if in_shards else "arrays", "read")}


def _severities(corruption: Plugin, wanted: list[int] | None) -> list[int]:
    known = sets.severities(corruption.name)
    for severity in wanted or []:
        if severity not in known:
            raise ConfigError(
                f"evaluate.severities: {corruption.name!r} has no severity {severity}; it has {known}."
            )
    return sorted(wanted) if wanted else known


def images_in(job: Job, most: int | None = None) -> int:
    """Return how many images a test, OOD or corruption set has, by what its data-set's file says.

    Args:
        job: that prepares it.
        most: images that count of each severity, or of a set without; None: all.
    """
    options = job.options
    kind, name = ("corruptions" if "member" in options else "datasets"), options["dataset"]
    if job.file == "prepare_ood":
        size = options["images"]
    else:
        name = options["ood"]["name"] if "ood" in options else name
        size = plugins.constants(kind, name)["SIZES"]["test"]
    return min(int(size), most or int(size)) * len(options.get("severities", [1]))
