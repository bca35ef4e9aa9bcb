"""Prepared sets of which some fit no memory: their images lie in shards, files that are mapped when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.store.content import read_arrays, read_mapped, shard_name

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from hembench.engine.streamed import Streamed


def read(folder: Path) -> dict[str, Any]:
    """Return a prepared set: its arrays by name, "images" of a set in shards as :class:`Sharded`.

    What only needs shape, dtype, length and some of the images at a time can't tell the two apart.
    """
    found: dict[str, Any] = dict(read_arrays(folder / "set.npz"))
    if "images" not in found:
        shape, per_shard = found.pop("shape"), found.pop("per_shard")
        found["images"] = Sharded(folder, tuple(shape.tolist()), int(per_shard))
    return found


class Sharded:
    """Images that fit no memory, in files that are mapped into memory when they are asked for.

    To its readers a uint8 array (N, C, H, W), or (S, N, C, H, W) of which ``images[s]`` is such an array.

    Attributes:
        shape: of the array.
        per_shard: images in each file but the last.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...], per_shard: int, start: int = 0) -> None:
        """Open a set, or the part of it that begins with image ``start``; nothing is read yet."""
        self._folder, self._start = folder, start
        self.shape, self.per_shard, self.ndim, self.dtype = shape, per_shard, len(shape), np.dtype(np.uint8)

    def __len__(self) -> int:
        return self.shape[0]

    def places(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return in which shard images (N, C, H, W) are, and where in it; both int64 as ``numbers``."""
        return (numbers + self._start) // self.per_shard, (numbers + self._start) % self.per_shard

    def shard(self, number: int) -> np.ndarray:
        """Return the images of a shard, mapped into memory: uint8 (n, C, H, W)."""
        return read_mapped(self._folder / shard_name(number))

    def on_device(self, device: torch.device) -> Streamed:
        """Return the images (N, C, H, W) for use on ``device``; nothing is read yet."""
        from hembench.engine.streamed import Streamed

        return Streamed(self, device)

    def __getitem__(self, which: Any) -> Any:
        """Return some images, read: uint8 (n, C, H, W); of five dimensions, one part, not read.

        Args:
            which: a slice or numbers, int64 (n,), not negative; of five dimensions an int.
        """
        if self.ndim == 5:
            return Sharded(self._folder, self.shape[1:], self.per_shard, range(len(self))[which] * self.shape[1])
        numbers = np.arange(*which.indices(len(self))) if isinstance(which, slice) else which
        images = np.empty((len(numbers), *self.shape[1:]), dtype=np.uint8)
        shards, rows = self.places(numbers)
        for number in np.unique(shards):  # one map at a time: each keeps a file open
            of_shard = shards == number
            images[of_shard] = self.shard(number)[rows[of_shard]]
        return images

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        """Return all images, read."""
        images: np.ndarray = self[:].astype(dtype or self.dtype, copy=False)
        return images
