"""Freeing results: first the list of what nobody names, then removal that a crash cannot leave half done."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hembench.core.atomic import sync_folder
from hembench.core.errors import StoreError
from hembench.store.artefact import SET_ASIDE, STATE, read_manifest
from hembench.store.frozen import PLAN, PLANS, read_plan
from hembench.store.lease import lease, living_owner

KEEP_LIST = "keep.txt"
"""File of the results folder: one artefact's path or pattern (``train/mnist-*/*``) a line, # starts a comment."""

_TRASH = ".trash-"
_KEY = re.compile(r"[0-9a-f]{12}")
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


def unneeded(results: Path, wanted: Collection[str], keep_days: float) -> list[Unneeded]:
    """Return what may be freed, sorted by path: artefacts, finished or not, frozen plans, artefacts set aside.

    The state of an unfinished result is kept as long as the result is wanted. That of a finished one is of no use:
    it is left where a job was suspended, somebody else published its result, and it went on.

    Args:
        results: the results folder.
        wanted: paths of the jobs of all studies.
        keep_days: frozen plans used within these days, and what they name, are kept, and what was set aside then.

    Raises:
        StoreError: a frozen plan is damaged, so that nobody knows what it names.
    """
    plans = [path.parent for path in sorted((results / PLANS).glob(f"*/{PLAN}"))]
    young = {plan for plan in plans if _days(plan) < keep_days}
    named = {*wanted}.union(*(read_plan(plan / PLAN).jobs for plan in sorted(young)))
    patterns = _kept_patterns(results)
    old = [plan for plan in plans if plan not in young]
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
    is_artefact = parts[3:] in ((), (STATE,)) and len(parts) > 2 and bool(_KEY.fullmatch(parts[2]))
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


def empty_trash(results: Path) -> None:
    """Remove what an earlier, killed ``free`` has renamed and not deleted."""
    for folder in results.glob(f"{_TRASH}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _remove(folder: Path, results: Path) -> None:
    trash = results / f"{_TRASH}{uuid.uuid4().hex}"
    folder.rename(trash)
    sync_folder(folder.parent)
    shutil.rmtree(trash, ignore_errors=True)


def _artefacts(results: Path) -> Iterator[Path]:
    for folder in results.glob("*/*/*"):
        stage = folder.parts[-3]
        ours = stage not in (PLANS, SET_ASIDE) and not stage.startswith(".")
        if ours and _KEY.fullmatch(folder.name) and folder.is_dir():
            yield folder


def _kept_patterns(results: Path) -> list[str]:
    try:
        lines = (results / KEEP_LIST).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [line.partition("#")[0].strip().rstrip("/") for line in lines if line.partition("#")[0].strip()]


def _relative(folder: Path, results: Path) -> str:
    return folder.relative_to(results).as_posix()


def _days(folder: Path) -> float:
    return max(0.0, (time.time() - folder.stat().st_mtime) / _DAY)


def _size(folder: Path) -> int:
    statuses = (path.stat() for path in folder.rglob("*") if path.is_file())
    return sum(status.st_size for status in statuses if status.st_nlink == 1)
