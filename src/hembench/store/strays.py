"""What lies in a results folder and belongs to no result: foreign files, and leftovers of killed jobs."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hembench.core.errors import LeaseHeldError
from hembench.store.artefact import (
    FAILURE,
    MANIFEST,
    MARKER,
    PROGRESS,
    SET_ASIDE,
    STAGING,
    STATE,
    mark,
    read_manifest,
)
from hembench.store.frozen import PLANS
from hembench.store.gc import KEEP_LIST, KEY, LOGS
from hembench.store.lease import LEASE, lease

HOUR = 3600.0
"""Seconds before a temporary folder is taken for a killed process's: a younger one may be somebody's at work."""

_OURS = {LEASE, STATE, PROGRESS, FAILURE}
_OUR_BEGINNINGS = ("takeover-", ".lease-", STAGING, ".trash-")


def beside(folder: Path, manifest: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return what lies in a finished artefact's folder beside its files: foreign names, and our own leftovers.

    Args:
        folder: an artefact that nobody is making.
        manifest: its manifest.
    """
    own = {MANIFEST, MARKER, *manifest["files"]}
    # a young .lease- file is somebody's who asks for the time or takes the lease, gone in a moment
    names = sorted(
        path.name
        for path in folder.iterdir()
        if path.name not in own and (not path.name.startswith(".lease-") or _is_old(path))
    )
    return [name for name in names if not _is_ours(name)], [name for name in names if _is_ours(name)]


def is_artefact(path: str) -> bool:
    """Tell whether a path, relative to the results folder, is of an artefact: STAGE/CELL/KEY."""
    parts = Path(path).parts
    return len(parts) == 3 and bool(KEY.fullmatch(parts[2]))


def tidy(folder: Path) -> bool:
    """Remove our leftovers from a finished artefact's folder; False: it is not finished, or somebody is at it."""
    if read_manifest(folder) is None:
        return False
    try:
        # whoever takes a lease clears away what dead ones left
        with lease(folder, wait=False, finished=lambda: False):
            if finished := read_manifest(folder) is not None:
                mark(folder)
            return finished
    except LeaseHeldError:
        return False


def elsewhere(results: Path) -> Iterator[tuple[str, bool]]:
    """Give what lies around the artefacts and is none: its path, and whether it is a leftover of ours.

    Other results than a study's are no strays: ``hembench gc`` knows who names them.
    """
    for top in sorted(results.iterdir()):
        if top.name in (SET_ASIDE, LOGS, KEEP_LIST):
            continue
        if top.name.startswith("."):
            if _is_old(top):
                yield top.name, _is_ours(top.name)
        elif not top.is_dir():
            yield top.name, False
        elif top.name == PLANS:
            yield from (
                (f"{PLANS}/{path.name}", True) for path in sorted(top.glob(f"{STAGING}*")) if _is_old(path)
            )
        else:
            yield from ((path.relative_to(results).as_posix(), False) for path in _no_artefacts(top))


def remove_leftover(results: Path, path: str) -> None:
    """Remove a leftover that :func:`elsewhere` gave."""
    target = results / path
    if target.is_dir():
        shutil.rmtree(target, ignore_errors=True)
    else:
        with contextlib.suppress(FileNotFoundError):
            target.unlink()


def _no_artefacts(stage: Path) -> Iterator[Path]:
    for cell in sorted(stage.iterdir()):
        if not cell.is_dir():
            yield cell
            continue
        yield from (
            folder for folder in sorted(cell.iterdir()) if not (KEY.fullmatch(folder.name) and folder.is_dir())
        )


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith(_OUR_BEGINNINGS) or (name.startswith(".") and name.endswith(".tmp"))


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > HOUR
    except FileNotFoundError:
        return False
