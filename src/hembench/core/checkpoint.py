"""What a long computation needs to go on where it was stopped; who keeps the bytes, and where, is the store's."""

from __future__ import annotations

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
