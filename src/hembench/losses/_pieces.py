"""Pieces of a dense batch that stay in the processor's cache, for losses that pass over them several times."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

_CPU = 2**18
_GPU = 2**25
"""Logits handled together. The pieces change no gradient; the value only in the order of a float64 sum."""


def pieces(samples: Tensor) -> Iterator[tuple[slice, slice, slice]]:
    """Yield the index of each piece of (B, C, L): some rows where they are short, else a part of one row."""
    rows, classes, length = samples.shape
    size = max(1, (_CPU if samples.device.type == "cpu" else _GPU) // classes)
    step = max(1, size // max(1, length))
    for row in range(0, max(1, rows), step):
        for start in range(0, max(1, length), size):
            yield slice(row, row + step), slice(None), slice(start, start + size)
