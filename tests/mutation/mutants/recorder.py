"""What is noted of a watched process: which definitions are touched, and for whom.

What is noted goes to a *place*: a definition whose statement is being evaluated by an import, or, for what runs
after that, a side of the job: ``SCIENCE``, the stage's own computing, or ``DRIVER``, all around it.
"""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

SCIENCE, DRIVER = "science", "driver"
RESIDUE = "<module>"


@dataclass(frozen=True)
class Touch:
    """A definition that was executed or read: module, name and how ("entered", "read", "imported")."""

    module: str
    name: str
    how: str


class Recorder:
    """Keeps what is touched by the place it was touched in."""

    def __init__(self) -> None:
        self.side = DRIVER
        self.stops = False
        self._of_thread = threading.local()
        self.touched: dict[str, set[Touch]] = defaultdict(set)
        self.options: set[str] = set()

    @property
    def places(self) -> list[str]:
        """What this thread's imports are evaluating, the innermost last."""
        found: list[str] = self._of_thread.__dict__.setdefault("places", [])
        return found

    def touch(self, module: str, name: str, how: str) -> None:
        self.touched[self.places[-1] if self.places else self.here()].add(Touch(module, name, how))

    def here(self) -> str:
        """Return the side that this thread works for: another one for the side that has started it (the driver the
        lease's heart, a training what reads its shards ahead), whatever the first one does at that time.
        """
        thread = threading.current_thread()
        return self.side if thread is threading.main_thread() else getattr(thread, "works_for", DRIVER)

    def starting(self, start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
        """Return ``Thread.start`` that notes for which side a thread is started."""

        def noted(thread: threading.Thread) -> None:
            thread.works_for = self.here()  # type: ignore[attr-defined]
            start(thread)

        return noted

    @contextlib.contextmanager
    def place(self, name: str) -> Iterator[None]:
        self.places.append(name)
        try:
            yield
        finally:
            self.places.pop()

    @contextlib.contextmanager
    def on(self, side: str) -> Iterator[None]:
        before, self.side = self.side, side
        try:
            yield
        finally:
            self.side = before

    def calling(self, side: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that is charged to a side."""

        def call(*given: Any, **named: Any) -> Any:
            with self.on(side):
                return function(*given, **named)

        return call
