"""State of an unfinished result: ``<key>/state/0`` and ``1``, two generations, so that a torn one costs minutes.

Each file says which key it belongs to, its number and its sha256; a damaged or foreign one is refused, and the one
before is used. Files of the result that are written one by one lie whole in ``state/parts``, each beside its key
and sha256. All is removed when the result is published. Nothing here can change a result: a stage that goes on
from its own state ends with the same bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hembench.core.atomic import sync_file, write_bytes
from hembench.core.digest import file_sha256
from hembench.core.errors import StoppedError, StoreError
from hembench.store.artefact import STATE, linked
from hembench.store.content import Content
from hembench.store.environment import Meter, environment

SECONDS = 180.0
"""Seconds between two saves: what a kill without warning costs at most, beside a step."""

PARTS = "parts"
"""Folder in the state's folder with finished files of the result."""

_MAGIC = b"hembench state 1\n"
_HEAD = len(_MAGIC) + 32 + 8

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Saved:
    """One generation.

    Attributes:
        number: counts the saves of this result, over all attempts; the larger one is the later.
        place: where the computation was, in words.
        attempts: what each attempt took until its last save, and where it ran, in order.
        content: the stage's own bytes.
    """

    number: int
    place: str
    attempts: list[dict[str, Any]]
    content: bytes


class State:
    """The state of one result, as its stage sees it (``core.checkpoint.Checkpoint``)."""

    def __init__(
        self,
        folder: Path,
        name: str,
        meter: Meter,
        *,
        device: str = "cpu",
        seconds: float = SECONDS,
        writes: bool = True,
        stopped: Callable[[], int] = lambda: 0,
    ) -> None:
        """Take the key's folder, whose lease is ours.

        Args:
            folder: ``<results>/<stage>/<cell>/<key>``.
            name: of the job, for messages.
            meter: of this attempt.
            device: "cpu" or "cuda".
            seconds: between two saves.
            writes: whether this process keeps the state: of several ranks, only the first does.
            stopped: the number of the signal that asked this process to stop, 0 for none.
        """
        self._folder, self._key, self._name = folder / STATE, folder.name, name
        self._meter, self._device = meter, device
        self._seconds, self._writes, self._stopped = seconds, writes, stopped
        self._next = time.monotonic() + seconds
        self._number = 0
        self._attempts: list[dict[str, Any]] = []

    def load(self) -> bytes | None:
        """Return the content of the last whole generation, None if there is none; remove what a kill left."""
        if self._writes:
            for left in self._folder.glob(".*.tmp"):
                with contextlib.suppress(OSError):
                    left.unlink()
        found = [saved for path in sorted(self._folder.glob("[01]")) if (saved := self._read(path))]
        if not found:
            return None
        last = max(found, key=lambda saved: saved.number)
        self._number, self._attempts = last.number, last.attempts
        _log.info("%s: goes on at %s", self._name, last.place)
        return last.content

    def due(self) -> bool:
        """Return whether the time is over or a signal has come."""
        return (self._writes and time.monotonic() >= self._next) or self._stopped() != 0

    def save(self, content: bytes, place: str) -> None:
        """Keep ``content`` in place of the generation before last; a failure to do so does not end the work.

        Raises:
            StoppedError: a signal has come.
        """
        words = "its state is kept by the first rank"
        if self._writes:
            words = self._save(content, place)
        self._next = time.monotonic() + self._seconds
        if number := self._stopped():
            name = signal.Signals(number).name
            raise StoppedError(
                f"{self._name}: stopped by {name} at {place}; {words}. The same command goes on.", number
            )

    def part(self, name: str, write: Content) -> Content:
        """Write a file of the result now, unless an earlier attempt did; return what links it to its place.

        Raises:
            OSError: it can't be written; what is there of it is not used.
        """
        path = self._folder / PARTS / name
        seal = path.with_name(f"{name}.sha256")
        if not (seal.is_file() and path.is_file() and seal.read_text() == self._sealed(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{name}.tmp")
            write(unfinished)
            sync_file(unfinished)
            sealed = self._sealed(unfinished)
            unfinished.replace(path)
            write_bytes(seal, sealed.encode())
        return linked(path)

    def _sealed(self, path: Path) -> str:
        return f"{self._key} {file_sha256(path)}\n"

    def account(self, run: dict[str, Any]) -> dict[str, Any]:
        """Return ``run``, the record of the last attempt, with times over all attempts and what each one took.

        Work of an attempt after its last save is lost and not counted. Added are ``resumed`` (how often it went
        on) and, if it did, ``attempts``: the earlier ones with time, place, device and version of torch.
        """
        if not self._attempts:
            return {**run, "resumed": 0}
        sums = {
            name: round(run[name] + sum(attempt[name] for attempt in self._attempts), 3)
            for name in ("wall_seconds", "cpu_seconds")
        }
        return {**run, **sums, "resumed": len(self._attempts), "attempts": self._attempts}

    def _save(self, content: bytes, place: str) -> str:
        number = self._number + 1
        saved = Saved(number, place, [*self._attempts, self._attempt()], content)
        try:
            write_bytes(self._folder / str(number % 2), to_bytes(self._key, saved))
        except OSError as error:
            _log.warning("%s: its state at %s could not be saved: %s", self._name, place, error)
            return f"its state could not be saved ({error}), so it begins at the one before"
        self._number = number
        return "its state is saved"

    def _attempt(self) -> dict[str, Any]:
        facts = environment(self._device)
        record = self._meter.spent()
        return {**record, "device_name": facts["device_name"], "torch": facts["versions"].get("torch")}

    def _read(self, path: Path) -> Saved | None:
        try:
            return from_bytes(self._key, path.read_bytes())
        except (OSError, StoreError) as error:
            _log.warning("%s: %s is not used: %s", self._name, path, error)
            return None


def to_bytes(key: str, saved: Saved) -> bytes:
    """Return one generation as bytes: a first line, sha256 of the rest, length of the JSON, JSON, content."""
    facts = {"key": key, "number": saved.number, "place": saved.place, "attempts": saved.attempts}
    head = json.dumps(facts).encode()
    rest = len(head).to_bytes(8, "little") + head + saved.content
    return _MAGIC + hashlib.sha256(rest).digest() + rest


def from_bytes(key: str, content: bytes) -> Saved:
    """Return the generation that :func:`to_bytes` wrote.

    Raises:
        StoreError: it is torn, damaged, or the state of another key.
    """
    view = memoryview(content)
    rest = view[len(_MAGIC) + 32 :]
    if (
        len(content) < _HEAD
        or view[: len(_MAGIC)] != _MAGIC
        or hashlib.sha256(rest).digest() != view[len(_MAGIC) : len(_MAGIC) + 32]
    ):
        raise StoreError("this state is torn or damaged.")
    end = _HEAD + int.from_bytes(rest[:8], "little")
    facts = json.loads(bytes(view[_HEAD:end]))
    if facts["key"] != key:
        raise StoreError(f"this state belongs to the key {facts['key']}, not to {key}.")
    return Saved(facts["number"], facts["place"], facts["attempts"], bytes(view[end:]))
