"""What a long computation needs to go on where it was stopped; who keeps the bytes, and where, is the store's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class Checkpoint(Protocol):
    """Keeps the state of a computation; which result comes out must not depend on it.

    A computation loads once at its start, asks ``due`` at every safe point (a step, a shard, a set) and saves
    whenever the answer is yes.
    """

    def load(self) -> bytes | None:
        """Return what an earlier run of this same computation saved last; None: begin at the beginning."""

    def due(self) -> bool:
        """Return whether it is time to save, or the process was asked to stop. Cheap enough for every step."""

    def save(self, content: bytes, place: str) -> None:
        """Keep ``content``, a state at ``place`` ("epoch 3, step 120").

        Raises:
            StoppedError: the process was asked to stop; nothing of the computation is left to be done.
        """

    def part(self, name: str, write: Callable[[Path], None]) -> Callable[[Path], None]:
        """Have a file of the result written that is too large for a state; return what brings it to its place.

        Args:
            name: of the file, its own in this result.
            write: writes it to a path; not called where an earlier run has written it whole.
        """


class Unsaved:
    """Keeps nothing: for computations that are not worth it, and for use without a store."""

    def load(self) -> bytes | None:
        """Return None: there is no state."""
        return None

    def due(self) -> bool:
        """Return False: it is never time."""
        return False

    def save(self, content: bytes, place: str) -> None:
        """Drop the state."""

    def part(self, name: str, write: Callable[[Path], None]) -> Callable[[Path], None]:  # noqa: ARG002
        """Return ``write``: the file is written when it is wanted."""
        return write
