"""Sets that fit no memory, written shard by shard: a stopped job goes on after the last whole one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hembench.store.content import array, arrays, shard_name

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from hembench.stages.api import Content, Inputs


def in_shards(
    piece: Callable[[int, int], np.ndarray],
    shape: tuple[int, ...],
    rest: dict[str, Any],
    per_shard: int,
    inputs: Inputs,
) -> dict[str, Content]:
    """Return the files of a set that :func:`hembench.sets.shards.read` reads, written one by one.

    Memory is taken for one shard, however large the set is.

    Args:
        piece: (start, stop) -> these images, uint8 (stop - start, C, H, W); asked for in order, each image once.
        shape: of the set, (N, C, H, W), or (S, N, C, H, W) whose images are counted part after part.
        rest: the set's other arrays.
        per_shard: images in each shard but the last.
        inputs: of the stage, for its state and to tell how far it is.

    Raises:
        StoppedError: a signal came; the shard under way was finished.
    """
    *leading, _, _, _ = shape
    total = leading[0] if len(leading) == 1 else leading[0] * leading[1]
    count = -(-total // per_shard)
    inputs.state.load()
    files = {"set.npz": arrays({**rest, "shape": shape, "per_shard": per_shard})}
    for number in range(count):
        start = number * per_shard
        make = partial(piece, start, min(start + per_shard, total))
        files[shard_name(number)] = inputs.state.part(shard_name(number), array(make))
        inputs.progress((number + 1) / count, f"shard {number + 1} of {count}")
        if inputs.state.due():
            inputs.state.save(b"", f"shard {number + 1} of {count}")
    return files
