"""Raw files of data-sets, published corruptions included: what is in the data folder, and bringing what is not."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from hembench.core import plugins
from hembench.core.errors import ConfigError, DataError, nearest
from hembench.datasets._checksum import checksum_like, kind_of
from hembench.plan.jobs import Plan
from hembench.plan.state import states
from hembench.store import artefact
from hembench.store.layout import made_writable_data
from hembench.store.lease import lease

State = Literal["right", "missing", "another file", "a folder"]


KINDS = ("datasets", "corruptions")
"""Kinds of plug-ins that can have raw files."""


def with_files() -> dict[str, str]:
    """Return everything that has raw files: name -> kind of its plug-in, sorted by name."""
    found = {
        name: kind for kind in KINDS for name in plugins.names(kind) if "FILES" in plugins.constants(kind, name)
    }
    return dict(sorted(found.items()))


def facts_of(dataset: str) -> dict[str, Any]:
    """Return the constants of a data-set's file.

    Raises:
        ConfigError: nothing with raw files has that name.
    """
    known = with_files()
    if dataset not in known:
        raise ConfigError(f"no data-set {dataset!r}.{nearest(dataset, known)} Known: {', '.join(known)}.")
    return plugins.constants(known[dataset], dataset)


def files_of(dataset: str) -> dict[str, str]:
    """Return the raw files of a data-set: name -> sha256, or md5 where that is all there is."""
    files: dict[str, str] = facts_of(dataset)["FILES"]
    return files


def absent(dataset: str, data: Path) -> list[str]:
    """Return the names of the raw files that are not there; contents are not looked at."""
    return [name for name in files_of(dataset) if not (data / dataset / name).is_file()]


def state(dataset: str, data: Path) -> dict[str, State]:
    """Return for each raw file whether it is there with the right checksum."""

    def of(path: Path, checksum: str) -> State:
        if path.is_dir():
            return "a folder"
        if not path.is_file():
            return "missing"
        return "right" if checksum_like(path, checksum) == checksum else "another file"

    return {name: of(data / dataset / name, checksum) for name, checksum in files_of(dataset).items()}


def needed(plan: Plan, results: Path) -> list[str]:
    """Return the data-sets whose raw files a result that is missing is made of, sorted."""
    found = states(plan, lambda job: artefact.is_done(results / job.path))
    reading = [job for job in plan.jobs.values() if found[job.path] == "missing"]
    sources = {path for job in reading for path in [job.path, *job.inputs.values()]}
    return sorted({plan.jobs[path].options["dataset"] for path in sources if plan.jobs[path].stage == "fetch"})


def bring(datasets: Iterable[str], data: Path) -> None:
    """Fetch what is not there yet, one data-set after the other.

    Raises:
        ConfigError: the data folder can't be made or written to.
        DataError: some can't be had; one message lists them all.
    """
    failed = []
    for name in datasets:
        try:
            with _filling(name, data) as folder:
                plugins.load(with_files()[name], name).fetch(folder)
        except DataError as error:
            failed.append(str(error))
    if failed:
        raise DataError("\n".join(failed))


@contextlib.contextmanager
def _filling(dataset: str, data: Path) -> Iterator[Path]:
    """Hold the lease of a data-set's folder, which is made if needed.

    Where every file is there, nothing is written, a lease neither: data may be shared, and for reading alone.
    """
    folder = data / dataset
    if not absent(dataset, data):
        yield folder
        return
    made_writable_data(folder)
    with lease(folder, wait=True, finished=lambda: False):
        yield folder


def take_over(dataset: str, data: Path, source: Path) -> list[str]:
    """Copy the raw files that are not there yet from anywhere below ``source``; return the names of those copied.

    A file is known by its name and its checksum, so the folders may be laid out in any way.

    Raises:
        ConfigError: the data folder can't be made or written to.
        DataError: some are not there, or a wrong one is in the way; the message lists them.
    """
    copied, wrong = [], []
    with _filling(dataset, data) as folder:
        for name, now in state(dataset, data).items():
            if now in ("another file", "a folder"):
                wrong.append(f"  {folder / name} is {now}: move it away")
            if now != "missing":
                continue
            named = [path for path in sorted(source.rglob(name)) if path.is_file()]
            checksum = files_of(dataset)[name]
            right = [path for path in named if checksum_like(path, checksum) == checksum]
            if right:
                _copy(right[0], folder / name)
                copied.append(name)
            else:
                others = f" ({len(named)} of that name, with another {kind_of(checksum)})" if named else ""
                wrong.append(f"  {name} is not below {source}{others}")
    if wrong:
        if "MIRRORS" in facts_of(dataset):
            otherwise = "Without --from it is downloaded."
        else:
            otherwise = f"`hembench data fetch {dataset}`, without --from, makes it or says how to get it."
        raise DataError(f"data-set {dataset!r} is not complete:\n" + "\n".join([*wrong, otherwise]))
    return copied


def _copy(source: Path, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        shutil.copyfile(source, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
