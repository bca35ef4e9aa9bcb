"""How the jobs of a plan stand, read from the results folder alone: one listing of each key's folder.

It works for jobs of any machine that shares the folder: leases tell who is alive, and the files of
``store.progress`` how far they are and why they failed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hembench.plan.jobs import Job
from hembench.store.artefact import FAILURE, MARKER, PROGRESS, STATE
from hembench.store.lease import DEAD_AFTER, LEASE, last_beat, read_owner, server_time
from hembench.store.progress import Progress, read_failure, read_progress

Standing = Literal["done", "running", "failed", "stopped", "waiting"]


@dataclass(frozen=True)
class Seen:
    """How one job stands.

    Attributes:
        standing: "stopped": it was ended before it was finished, and goes on from its saved state; "failed": by an
            error, or killed without a saved state; "waiting": not begun, or nothing of it is left.
        progress: how far it is, or came.
        owner: who makes it, or made it last; "" if nobody is known.
        beat: seconds since the owner's last heartbeat; None where nobody is at it.
        reason: why it failed or stopped, in words.
        log: file with its messages, or "".
    """

    standing: Standing
    progress: Progress | None = None
    owner: str = ""
    beat: float | None = None
    reason: str = ""
    log: str = ""


_DONE = Seen("done")
_WAITING = Seen("waiting")


def survey(results: Path, jobs: Iterable[Job], dead_after: float = DEAD_AFTER) -> dict[str, Seen]:
    """Return path -> how that job stands."""
    now = server_time(results) if results.is_dir() else 0.0
    root = str(results)
    return {job.path: _look(f"{root}/{job.path}", now, dead_after) for job in jobs}


def _look(folder: str, now: float, dead_after: float) -> Seen:
    try:
        names = os.listdir(folder)  # noqa: PTH208  (thousands of them: a Path for each name costs more than this)
    except (FileNotFoundError, NotADirectoryError):
        return _WAITING
    if MARKER in names:
        return _DONE
    if not names:
        return _WAITING
    return _unfinished(Path(folder), set(names), now, dead_after)


def _unfinished(folder: Path, names: set[str], now: float, dead_after: float) -> Seen:
    progress = read_progress(folder) if PROGRESS in names else None
    log = progress.log if progress else ""
    owner = read_owner(folder) if LEASE in names else None
    if owner is not None and (beat := last_beat(folder)) is not None:
        age = max(0.0, now - beat)
        if age <= dead_after and not owner.is_gone():
            return Seen("running", progress, str(owner), age, log=log)
    failure = read_failure(folder) if FAILURE in names else None
    if failure is not None:
        return Seen("failed", progress, _who(failure.job, failure.host), reason=failure.reason, log=failure.log)
    reason = f"{owner} ended without a message: killed, or its machine was lost" if owner else ""
    who = str(owner) if owner else _who(progress.job, progress.host) if progress else ""
    if STATE in names:
        return Seen("stopped", progress, who, reason=reason, log=log)
    if owner is not None:
        return Seen("failed", progress, who, reason=reason, log=log)
    return _WAITING


def _who(job: str, host: str) -> str:
    return f"job {job} on {host}" if job else host
