"""Prepared sets that fit into memory: arrays, read as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.store.content import read_arrays

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path) -> dict[str, Any]:
    """Return a prepared set: its arrays by name, "images" uint8 (N, C, H, W), or (S, N, C, H, W) by severity."""
    return dict(read_arrays(folder / "set.npz"))
