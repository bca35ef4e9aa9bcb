"""The jobs of a plan while it is made: each gets its key as it is added."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata
from typing import Any

from hembench.core import plugins
from hembench.core.errors import PluginError
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Job

Entries = dict[str, tuple[str, str, str]]
"""Role -> (kind, name, function) of a plug-in function that a job calls."""


LIBRARIES = ("torch", "torchvision", "torchattacks", "numpy", "scipy", "scikit-learn", "scikit-image", "pandas")
"""Libraries whose numbers get into results: in the keys where a study asks for it (``keyed_libraries``)."""


def installed(libraries: Sequence[str] = LIBRARIES) -> dict[str, str]:
    """Return the versions of libraries that are installed here, by name."""
    found = {}
    for name in libraries:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


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


class Ledger:
    """Jobs by path, inputs before their consumers.

    Attributes:
        jobs: those added so far.
        code: code digest -> {definition: hash} of all of them.
    """

    def __init__(self, fingerprinter: Fingerprinter, libraries: dict[str, str] | None = None) -> None:
        """Start without jobs.

        Args:
            fingerprinter: gives the digest of the code that a job can execute.
            libraries: versions that are a part of every key but a fetch's; None: of none.
        """
        self.jobs: dict[str, Job] = {}
        self.code: dict[str, dict[str, str]] = {}
        self._fingerprinter, self._libraries = fingerprinter, libraries

    def add(
        self,
        stage: str,
        cell: str,
        options: dict[str, Any],
        roles: Entries,
        inputs: dict[str, Job],
        file: str = "",
        data: dict[str, Any] | None = None,
    ) -> Job:
        """Return a job, added with its key; the same job asked for twice is one.

        Args:
            stage: kind of job.
            cell: its name.
            options: of the stage.
            roles: its plug-in functions.
            inputs: jobs that it reads, by role.
            file: its stage file, where that has another name than the stage.
            data: identity of raw data.

        Raises:
            FingerprintError: followed code uses a construct that can't be resolved.
        """
        file = file or stage
        code = self._fingerprinter.code(entries(file, roles))
        self.code[code.digest] = code.definitions
        ingredients = {
            "stage": stage,
            "schema": _schema(file),
            "options": options,
            "code": code.digest,
            "inputs": {role: inputs[role].key for role in sorted(inputs)},
        }
        if data is not None:
            ingredients["data"] = data
        if self._libraries is not None and stage != "fetch":
            ingredients["libraries"] = self._libraries
        sources = {role: inputs[role].path for role in sorted(inputs)}
        job = Job(stage, cell, file, options, roles, sources, ingredients)
        return self.jobs.setdefault(job.path, job)


def _schema(file: str) -> int:
    schema = plugins.constants("stages", file).get("SCHEMA")
    if not isinstance(schema, int):
        raise PluginError(f"src/hembench/stages/{file}.py: a stage needs a number SCHEMA at the top of its file.")
    return schema
