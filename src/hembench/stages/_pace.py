"""How far a running job is, and how long it will take, for people: the driver hands it to stages."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path

from hembench.plan.jobs import Job
from hembench.store import progress

_log = logging.getLogger(__name__)


class Pace:
    """Says how far a job is, at most every few seconds: a line in the log, and a file for ``hembench status``.

    The time is of this process and what it did since its first call: it may have gone on from a saved state.
    """

    SECONDS = 5.0

    def __init__(self, job: Job, folder: Path) -> None:
        self._name, self._folder = f"{job.stage} {job.cell}", folder
        self._said = progress.begin(folder)
        self._start = self._last = time.monotonic()
        self._first: float | None = None

    def __call__(self, share: float, words: str) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first, self._start = share, now
        if now - self._last < self.SECONDS and share < 1.0:
            return
        self._last = now
        done = share - self._first
        seconds = (now - self._start) * (1.0 - share) / done if done > 0 else None
        self._said = replace(self._said, share=share, words=words, seconds=seconds)
        progress.tell(self._folder, self._said)
        remaining = "" if seconds is None else f", {seconds:.0f} s to go"
        _log.info("%s: %3.0f %%, %s%s", self._name, 100 * share, words, remaining)
