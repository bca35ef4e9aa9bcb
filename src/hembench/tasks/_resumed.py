"""How every task runs a training: on from a saved state, if there is one, and saving states on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hembench.engine.state import from_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from hembench.core.checkpoint import Checkpoint
    from hembench.engine.loop import Trainer


def run_resumed(trainer: Trainer, progress: Callable[[float, str], None], checkpoint: Checkpoint) -> None:
    """Train to the end; stopped at any step and called again, in any process, the end has the same bytes.

    Args:
        trainer: has taken no step yet.
        progress: called with the share done and a few words.
        checkpoint: what it has is gone on from, and a state is saved after any step where it is due.

    Raises:
        StoreError: the saved state is of another training.
    """
    saved = checkpoint.load()
    if saved is not None:
        trainer.restore(from_bytes(saved))
    progress(trainer.share, trainer.place)
    while not trainer.run(progress, checkpoint.due):
        checkpoint.save(to_bytes(trainer.state()), trainer.place)
