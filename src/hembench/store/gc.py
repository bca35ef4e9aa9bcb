"""Freeing results: first the list of what nobody names, then removal that a crash cannot leave half done."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from hembench.core.atomic import sync_folder
from hembench.core.errors import StoreError
from hembench.plan.jobs import Plan
from hembench.store.artefact import SET_ASIDE, STATE, is_done, read_manifest
from hembench.store.frozen import PLAN, PLANS, read_plan
from hembench.store.lease import lease, living_owner

KEEP_LIST = "keep.txt"
"""File of the results folder: one artefact's path or pattern (``train/mnist-*/*``) a line, # starts a comment."""

LOGS = "logs"
"""Folder of the results folder with the logs of jobs; no stage may have this name."""

_TRASH = ".trash-"
KEY = re.compile(r"[0-9a-f]{12}")
_DAY = 86400.0


@dataclass(frozen=True)
class Unneeded:
    """A folder of the results folder that nobody names.

    Attributes:
        path: relative to the results folder.
        size: bytes that freeing it gives back (files shared with an adopting artefact give nothing).
        days: age.
    """

    path: str
    size: int
    days: float


@dataclass(frozen=True)
class Broken:
    """What to keep beside what is wanted, where the file of some study can't be read.

    Nobody knows what it names. So only a result that was made for a study that can be read is freed, and only if
    nothing that was made for another study reads it, and no frozen plan of another study, however old, names it.

    Attributes:
        readable: names of the studies that can be read.
    """

    readable: frozenset[str]


def unneeded(
    results: Path, wanted: Collection[str], keep_days: float, broken: Broken | None = None
) -> list[Unneeded]:
    """Return what may be freed, sorted by path: artefacts, finished or not, frozen plans, artefacts set aside.

    The state of an unfinished result is kept as long as the result is wanted. That of a finished one is of no use:
    it is left where a job was suspended, somebody else published its result, and it went on.

    Args:
        results: the results folder.
        wanted: paths of the jobs of all studies.
        keep_days: frozen plans used within these days, and what they name, are kept, and what was set aside then.
        broken: given where the file of some study can't be read.

    Raises:
        StoreError: a frozen plan is damaged, so that nobody knows what it names.
    """
    young = _young(results, keep_days, broken)
    named = {*wanted}.union(*(plan.jobs for plan in young.values()))
    if broken:
        named |= _doubtful(results, broken)
    patterns = _kept_patterns(results)
    old = [path.parent for path in (results / PLANS).glob(f"*/{PLAN}") if path.parent not in young]
    old += [folder for folder in (results / SET_ASIDE).glob("*") if folder.is_dir() and _days(folder) >= keep_days]
    for folder in _artefacts(results):
        path = _relative(folder, results)
        kept = path in named or any(fnmatchcase(path, pattern) for pattern in patterns)
        useless = folder / STATE if kept else folder
        if kept and not (useless.is_dir() and read_manifest(folder) is not None):
            continue
        if living_owner(folder) is None:
            old.append(useless)
    return [Unneeded(_relative(folder, results), _size(folder), _days(folder)) for folder in sorted(old)]


def prunable(results: Path, plans: Iterable[Plan], keep_days: float) -> list[Unneeded]:
    """Return the finished trainings that are wanted, and that nothing has to read any more, sorted by path.

    The results made from them stay, and the next run makes none of them again (docs/staleness.md). What is given
    up: weights for a notebook, and a later attack or set on the same networks, which then trains them anew.

    Args:
        results: the results folder.
        plans: of all studies.
        keep_days: age of the frozen plans that count, too: of branches, clones and other users.
    """
    candidates: set[str] = set()
    in_use: set[str] = set()
    done = cache(lambda path: _whole(results / path))
    for plan in [*plans, *_young(results, keep_days, None).values()]:
        consumers = plan.consumers()
        for path in consumers:
            if path.startswith("train/"):
                finished = bool(consumers[path]) and all(done(reader) for reader in consumers[path])
                (candidates if finished else in_use).add(path)
    patterns = _kept_patterns(results)
    folders = [results / path for path in sorted(candidates - in_use) if done(path)]
    return [
        Unneeded(_relative(folder, results), _size(folder), _days(folder))
        for folder in folders
        if living_owner(folder) is None
        and not any(fnmatchcase(_relative(folder, results), pattern) for pattern in patterns)
    ]


def _whole(folder: Path) -> bool:
    """Tell whether a result is there, its files in their sizes; to hash them is ``verify``'s business."""
    manifest = read_manifest(folder) if is_done(folder) else None
    try:
        return manifest is not None and all(
            (folder / name).stat().st_size == file["size"] for name, file in manifest["files"].items()
        )
    except FileNotFoundError:
        return False


def free(results: Path, path: str) -> None:
    """Remove an artefact, a frozen plan or an artefact set aside, so that it is there or gone, never half.

    ``STAGE/CELL/KEY/state`` removes the state alone.

    Args:
        results: the results folder.
        path: relative to it.

    Raises:
        StoreError: there is no such folder, or it is none of these.
        LeaseHeldError: somebody is making this artefact.
    """
    folder = results / path
    parts = Path(path).parts
    is_artefact = parts[3:] in ((), (STATE,)) and len(parts) > 2 and bool(KEY.fullmatch(parts[2]))
    if not folder.is_dir() or folder.is_symlink():
        raise StoreError(f"{folder}: there is no such result.")
    if is_artefact and ".." not in parts:
        with lease(results.joinpath(*parts[:3]), wait=False, finished=lambda: False):
            _remove(folder, results)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()  # the last result of its cell
    elif len(parts) == 2 and parts[0] in (PLANS, SET_ASIDE) and ".." not in parts:
        _remove(folder, results)
    else:
        raise StoreError(f"{folder}: not an artefact; only folders STAGE/CELL/KEY, plans and set_aside are freed.")


def old_logs(results: Path, keep_days: float) -> list[Path]:
    """Return the logs of jobs that nobody has written to for so many days, sorted."""
    logs = (path for path in (results / LOGS).glob("*/*.log") if path.is_file())
    return sorted(path for path in logs if _days(path) >= keep_days)


def size_of(files: Iterable[Path]) -> int:
    """Return the bytes of files; those that somebody has removed meanwhile have none."""
    total = 0
    for path in files:
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def empty_trash(results: Path) -> None:
    """Remove what an earlier, killed ``free`` has renamed and not deleted."""
    for folder in results.glob(f"{_TRASH}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _remove(folder: Path, results: Path) -> None:
    trash = results / f"{_TRASH}{uuid.uuid4().hex}"
    folder.rename(trash)
    sync_folder(folder.parent)
    shutil.rmtree(trash, ignore_errors=True)


def _young(results: Path, keep_days: float, broken: Broken | None) -> dict[Path, Plan]:
    """Return the frozen plans that count, by folder: in use lately or now; all of a study that can't be read."""
    found: dict[Path, Plan] = {}
    being_made = {_relative(folder, results) for folder in _artefacts(results) if living_owner(folder) is not None}
    for path in sorted((results / PLANS).glob(f"*/{PLAN}")):
        if _days(path.parent) < keep_days:
            found[path.parent] = read_plan(path)
            continue
        with contextlib.suppress(StoreError):  # a damaged old one names nothing that could be had
            plan = read_plan(path)
            if being_made & plan.jobs.keys() or (broken is not None and plan.study not in broken.readable):
                found[path.parent] = plan
    return found


def _doubtful(results: Path, broken: Broken) -> set[str]:
    """Return the artefacts that were not made for a readable study, and whatever these read, down to the data."""
    inputs: dict[str, list[str]] = {}
    todo: list[str] = []
    for folder in _artefacts(results):
        path, manifest = _relative(folder, results), read_manifest(folder) or {}
        inputs[path] = list(manifest.get("inputs", {}).values())
        if manifest.get("study") not in broken.readable:
            todo.append(path)
    found: set[str] = set()
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += inputs.get(path, [])
    return found


def _artefacts(results: Path) -> Iterator[Path]:
    for folder in results.glob("*/*/*"):
        stage = folder.parts[-3]
        ours = stage not in (PLANS, SET_ASIDE) and not stage.startswith(".")
        if ours and KEY.fullmatch(folder.name) and folder.is_dir():
            yield folder


def _kept_patterns(results: Path) -> list[str]:
    """Return the lines of the list of what is kept.

    Raises:
        StoreError: it is no text, so that nobody knows what it keeps.
    """
    try:
        lines = (results / KEEP_LIST).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise StoreError(
            f"{results / KEEP_LIST}:{line}: not UTF-8 text: save the file in that encoding. Nothing was freed."
        ) from None
    return [line.partition("#")[0].strip().rstrip("/") for line in lines if line.partition("#")[0].strip()]


def _relative(folder: Path, results: Path) -> str:
    return folder.relative_to(results).as_posix()


def _days(folder: Path) -> float:
    return max(0.0, (time.time() - folder.stat().st_mtime) / _DAY)


def _size(folder: Path) -> int:
    statuses = (path.stat() for path in folder.rglob("*") if path.is_file())
    return sum(status.st_size for status in statuses if status.st_nlink == 1)
