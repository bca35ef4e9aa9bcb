"""Images that are read from shards as they are needed, and batches of them on the device.

A set in shards is not permuted as a whole in an epoch: whole shards come in random order, and the images of some
of them (a window) are mixed. So the disk is read forward, a shard at a time, and one thread reads ahead.
"""

from __future__ import annotations

import math
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    import numpy.typing as npt
    from torch import Tensor

WINDOW = 8192
"""Images that are mixed with each other: 1.2 GB of 224x224 pixels, in colour. Twice that is mapped."""

AHEAD = 2
"""Batches that are read before they are asked for."""

PAGE = 4096
"""Bytes of memory that are mapped at once, at least."""


class Shards(Protocol):
    """Images uint8 (N, C, H, W) in files; how they are stored is the store's."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, C, H, W)."""

    @property
    def per_shard(self) -> int:
        """Images in each file but the last."""

    def places(self, numbers: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return in which file images are, and where in it, both (n,)."""

    def shard(self, number: int) -> npt.NDArray[np.uint8]:
        """Return the images of a file, mapped into memory: (n, C, H, W)."""


class Streamed:
    """Images that fit no memory, as a tensor as far as training looks at it; see ``engine/samples.py``."""

    dtype = torch.uint8

    def __init__(self, shards: Shards, device: torch.device) -> None:
        """Take images that are wanted on ``device``; nothing is read yet."""
        self._shards, self.device = shards, device
        self.shape = torch.Size(shards.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def dim(self) -> int:
        """Return the number of dimensions."""
        return len(self.shape)

    def order(self, generator: torch.Generator) -> Tensor:
        """Return the order of an epoch, int64 (N,): shards in random order, and in each window images."""
        shards, _ = self._shards.places(np.arange(len(self)))
        of_shard = np.split(np.arange(len(self)), np.flatnonzero(np.diff(shards)) + 1)
        at_once = max(WINDOW // self._shards.per_shard, 1)
        mixed = torch.randperm(len(of_shard), generator=generator)
        windows = []
        for some in torch.split(mixed, at_once):
            window = torch.from_numpy(np.concatenate([of_shard[number] for number in some.tolist()]))
            windows.append(window[torch.randperm(len(window), generator=generator)])
        return torch.cat(windows)

    def batches(self, samples: Sequence[Tensor]) -> Generator[Tensor]:
        """Yield the images of each batch of ``samples`` on the device, read ahead by a thread."""
        places = [self._shards.places(numbers.cpu().numpy()) for numbers in samples]
        for batch in _ahead(self._read(places)):
            yield batch.to(self.device, non_blocking=True)

    def _read(self, places: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]) -> Generator[Tensor]:
        """Yield batches by their places; a shard is mapped from its first use, or before, to its last."""
        wanted = [np.unique(shards).tolist() for shards, _ in places]
        last = {shard: step for step, some in enumerate(wanted) for shard in some}
        queue = list(dict.fromkeys(shard for some in wanted for shard in some))
        turn = {shard: place for place, shard in enumerate(queue)}
        mapped: dict[int, npt.NDArray[np.uint8]] = {}
        read = 0
        for step, (shards, rows) in enumerate(places):
            # At an even pace, a window ahead: all shards of the next one at once would hold the training up.
            even = math.ceil((step + 1) * len(queue) / len(places)) + len(wanted[0])
            needed = max(turn[shard] for shard in wanted[step]) + 1
            for shard in queue[read : max(even, needed)]:
                mapped[shard] = self._shards.shard(shard)
                mapped[shard].reshape(-1)[::PAGE].max()  # now and forward, not where the batch happens to ask
            read = max(read, even, needed)
            batch = torch.empty(
                (len(rows), *self.shape[1:]), dtype=torch.uint8, pin_memory=self.device.type == "cuda"
            )
            for shard in wanted[step]:
                of_shard = shards == shard
                batch.numpy()[of_shard] = mapped[shard][rows[of_shard]]
                if last[shard] == step:
                    del mapped[shard]
            yield batch


def _ahead(batches: Iterator[Tensor]) -> Generator[Tensor]:
    """Yield the same batches, each made by a thread while those before it are used."""
    with ThreadPoolExecutor(1) as reader:
        waiting = deque(reader.submit(next, batches, None) for _ in range(AHEAD))
        while (batch := waiting.popleft().result()) is not None:
            waiting.append(reader.submit(next, batches, None))
            yield batch
