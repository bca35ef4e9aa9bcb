"""Signals that ask a job to stop: they set a flag, and the computation ends at its next safe point."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
"""Time limit, scancel and preemption; Ctrl-C; and a cluster's early warning, whose default action would kill."""


class Stop:
    """Whether this process was asked to stop.

    Attributes:
        number: of the first signal, 0 if none has come.
    """

    def __init__(self) -> None:
        self.number = 0

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take note of signals inside the block, any number of them; the caller's handlers return afterwards.

        A signal that the parent has set to be ignored stays ignored, and only a process's first thread can listen.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        with contextlib.ExitStack() as stack:
            for number in SIGNALS:
                before = signal.getsignal(number)
                if before not in (signal.SIG_IGN, None):
                    stack.callback(signal.signal, number, before)
                    signal.signal(number, self._note)
            yield

    def _note(self, number: int, _frame: FrameType | None) -> None:
        # Nothing else: a log line from here could meet a half-written one.
        self.number = self.number or number
