"""Jobs and the plan: plain values, made by plan/ from a study, frozen as JSON by store/."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from hembench.core.digest import short
from hembench.core.errors import ConfigError, nearest

LOCAL_STAGES = ("fetch", "derive", "evaluate", "table", "figure", "claims", "report")
"""Stages that the controlling machine runs itself: seconds of work, no torch."""


CHAINED = ("predict", "attack")
"""Stages that a training goes on to in its own process: starting one with torch costs more than small jobs do."""


@dataclass(frozen=True)
class Job:
    """One result to be made.

    Attributes:
        stage: kind of job, a folder of the results.
        cell: readable name, unique together with ``stage`` and ``key``.
        file: the stage file hembench/stages/<file>.py.
        options: settings of the stage, JSON-able; hashed, and handed to ``compute`` as they are.
        plugins: role -> (kind, name, function) of the plug-in functions that the stage calls.
        inputs: role -> path of the job whose artefact is read.
        ingredients: what the key is the digest of.
    """

    stage: str
    cell: str
    file: str
    options: dict[str, Any]
    plugins: dict[str, tuple[str, str, str]]
    inputs: dict[str, str]
    ingredients: dict[str, Any]

    @cached_property
    def key(self) -> str:
        """Twelve hexadecimal digits: the digest of the ingredients."""
        return short(self.ingredients)

    @property
    def processes(self) -> int:
        """How many processes make it together: a training's recipe may ask for several."""
        return int(self.options.get("recipe", {}).get("processes", 1)) if self.stage == "train" else 1

    @cached_property
    def path(self) -> str:
        """Folder of the artefact, relative to the results folder."""
        return f"{self.stage}/{self.cell}/{self.key}"


class Stored(Mapping[str, Job]):
    """Jobs by path that lie in a file, each read when it is asked for: a process needs a few of thousands."""

    @abstractmethod
    def readers(self, path: str) -> list[str]:
        """Return the paths of the jobs that read a job."""

    @abstractmethod
    def first(self, beginning: str) -> Job | None:
        """Return one job whose path begins so, None if there is none."""


@dataclass(frozen=True)
class Plan:
    """All jobs of a study; where it was built, inputs come before their consumers.

    Attributes:
        study: its name.
        jobs: by path.
        code: code digest -> {definition: hash}, to explain a changed key.
        settings: what jobs need besides their own options: folders, chaining; never part of a key.
    """

    study: str
    jobs: Mapping[str, Job]
    code: dict[str, dict[str, str]]
    settings: dict[str, Any] = field(default_factory=dict)

    def of_stage(self, stage: str) -> list[Job]:
        """Return the jobs of a stage in the plan's order."""
        return [job for job in self.jobs.values() if job.stage == stage]

    def find(self, stage: str, cell: str, key: str | None = None) -> Job:
        """Return one job by stage and cell (and key).

        Raises:
            ConfigError: the plan has no such stage or cell; the message names the nearest.
        """
        if job := self._first(f"{stage}/{cell}/", key):
            return job
        of_stage = self.of_stage(stage)
        if not of_stage:
            stages = sorted({job.stage for job in self.jobs.values()})
            raise ConfigError(f"study {self.study!r} has no stage {stage!r}.{nearest(stage, stages)}")
        cells = [job.cell for job in of_stage]
        wanted = cell if key is None else f"{cell}/{key}"
        raise ConfigError(f"study {self.study!r} has no {stage} of {wanted!r}.{nearest(cell, cells)}")

    def _first(self, folder: str, key: str | None) -> Job | None:
        if key is not None:  # asked by every rule of the Snakefile for every job
            return self.jobs.get(folder + key)
        if isinstance(self.jobs, Stored):
            return self.jobs.first(folder)
        return next((job for path, job in self.jobs.items() if path.startswith(folder)), None)

    def readers(self, path: str) -> list[str]:
        """Return the paths of the jobs that read a job."""
        return self.jobs.readers(path) if isinstance(self.jobs, Stored) else self._consumers[path]

    @cached_property
    def _consumers(self) -> dict[str, list[str]]:
        return self.consumers()

    def consumers(self) -> dict[str, list[str]]:
        """Return path -> paths of the jobs that read it."""
        users: dict[str, list[str]] = {path: [] for path in self.jobs}
        for path, job in self.jobs.items():
            for source in dict.fromkeys(job.inputs.values()):
                users[source].append(path)
        return users

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON-able values."""
        jobs = [asdict(job) for job in self.jobs.values()]
        return {"study": self.study, "jobs": jobs, "code": self.code, "settings": self.settings}

    @staticmethod
    def from_json(document: dict[str, Any]) -> Plan:
        """Return the plan that :meth:`to_json` wrote."""
        jobs = (
            Job(**{**job, "plugins": {role: tuple(entry) for role, entry in job["plugins"].items()}})
            for job in document["jobs"]
        )
        return Plan(document["study"], by_path(jobs), document["code"], document["settings"])


def by_path(jobs: Iterable[Job]) -> dict[str, Job]:
    """Return jobs by path; jobs with the same path are the same job and appear once."""
    return {job.path: job for job in jobs}
