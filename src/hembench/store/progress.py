"""What a job says of itself beside its lease, for people: how far it is, and why it failed.

Two small files of the key's folder. ``progress.json`` is written when an attempt begins, and every few seconds; it
stays where the attempt did not end well, and tells how far it came. ``failure.json`` is written when an attempt
fails. Both go when the next attempt begins, or when the result is there. No result depends on them, so they are
not flushed, and a disk that refuses them stops nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import uuid
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from hembench.core.errors import HembenchError
from hembench.store.artefact import FAILURE, PROGRESS


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _job() -> str:
    return os.environ.get("SLURM_JOB_ID", "")


def _log() -> str:
    """Return the file that this process's messages go to; "" where there is none, or the system won't tell."""
    with contextlib.suppress(OSError):
        target = Path("/proc/self/fd/2").resolve()
        return str(target) if target.is_file() else ""
    return ""


@dataclass(frozen=True)
class Progress:
    """How far an attempt is.

    Attributes:
        share: of the work, in [0, 1].
        words: where it is ("epoch 3 of 20, step 120").
        seconds: to go; None: not known yet.
        started: when the attempt began (UTC, ISO 8601).
        host: name of the machine.
        pid: process.
        job: scheduler job id, or "".
        log: file with its messages, or "".
    """

    share: float
    words: str
    seconds: float | None = None
    started: str = field(default_factory=_utc_now)
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    job: str = field(default_factory=_job)
    log: str = field(default_factory=_log)


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed.

    Attributes:
        reason: the message for the user, or the type and message of an error that is a defect.
        time: when (UTC, ISO 8601).
        host: name of the machine.
        job: scheduler job id, or "".
        log: file with its messages, or "".
    """

    reason: str
    time: str = field(default_factory=_utc_now)
    host: str = field(default_factory=socket.gethostname)
    job: str = field(default_factory=_job)
    log: str = field(default_factory=_log)


def begin(folder: Path) -> Progress:
    """Say that an attempt begins; what the last one has left is history."""
    started = Progress(0.0, "starting")
    with contextlib.suppress(OSError):
        (folder / FAILURE).unlink(missing_ok=True)
    tell(folder, started)
    return started


def tell(folder: Path, progress: Progress) -> None:
    """Say how far an attempt is."""
    _write(folder / PROGRESS, asdict(progress))


def fail(folder: Path, error: Exception) -> None:
    """Say why an attempt failed."""
    reason = str(error) if isinstance(error, HembenchError) else f"{type(error).__name__}: {error}"
    _write(folder / FAILURE, asdict(Failure(reason)))


def read_progress(folder: Path) -> Progress | None:
    """Return how far the attempt in ``folder`` is, or came; None if nothing was said."""
    return _read(folder / PROGRESS, Progress)


def read_failure(folder: Path) -> Failure | None:
    """Return why the last attempt in ``folder`` failed; None if nothing was said."""
    return _read(folder / FAILURE, Failure)


def _write(path: Path, value: dict[str, Any]) -> None:
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    with contextlib.suppress(OSError):
        try:
            temporary.write_text(json.dumps(value), encoding="utf-8")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


Said = TypeVar("Said", Progress, Failure)

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "float | None": (int, float, type(None)),
}
"""What a field's type lets through, of what JSON can say."""


def _read(path: Path, kind: type[Said]) -> Said | None:
    try:
        said = kind(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    right = all(isinstance(getattr(said, one.name), _TYPES[str(one.type)]) for one in fields(said))
    return said if right else None
