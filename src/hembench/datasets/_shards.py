"""Sets that fit no memory: uint8 images in memory-mapped shards, checksummed, written piece by piece and resumed.

A folder holds images-00000.npy, ... (uint8 (n, C, H, W)), labels.npy (int64 (N,)) and index.json, which says of
each shard its sha256 once it is written whole. Equal sets give equal bytes, interrupted or not.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hembench.core.atomic import write_bytes, write_json
from hembench.core.digest import file_sha256
from hembench.core.errors import DataError
from hembench.datasets._pictures import Pictures

PER_SHARD = 512
"""Images: 77 MB of 224x224 in colour; twice that is what writing takes of memory."""


@dataclass(frozen=True)
class Shards:
    """A set in shards, read from disk as it is used.

    Args:
        folder: where they lie.
        shape: (N, C, H, W) of the whole set.
        per_shard: images in each but the last.
        labels: int64 (N,).
    """

    folder: Path
    shape: tuple[int, int, int, int]
    per_shard: int
    labels: np.ndarray

    def __len__(self) -> int:
        return -(-self.shape[0] // self.per_shard)

    def shard(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the images of a shard, memory-mapped uint8 (n, C, H, W), and its labels, int64 (n,)."""
        start = number * self.per_shard
        # one map at a time: each keeps a file open, and a process may have too few for thousands
        images = np.load(self.folder / _name(number), mmap_mode="r", allow_pickle=False)
        return images, self.labels[start : start + self.per_shard]

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield every shard in the set's order."""
        return (self.shard(number) for number in range(len(self)))


def write(
    folder: Path,
    images: Pictures | np.ndarray,
    labels: np.ndarray,
    *,
    per_shard: int = PER_SHARD,
    progress: Callable[[float, str], None] = lambda share, words: None,  # noqa: ARG005  (nobody listens)
) -> None:
    """Write a set in shards; what an earlier call has written whole is kept.

    Args:
        folder: made if it is not there.
        images: uint8 (N, C, H, W), or what reads like it: slices are taken in order, never all of it.
        labels: int64 (N,).
        per_shard: images in a shard.
        progress: told the share done, from 0 to 1, and a few words.

    Raises:
        DataError: the folder holds (a part of) another set; an image can't be read.
    """
    of_set = {"shape": list(images.shape), "per_shard": per_shard, "labels": _sha256(_npy(labels))}
    index = _index(folder)
    if index and {key: index[key] for key in of_set} != of_set:
        raise DataError(f"{folder}: holds another set, or one in shards of another size. Delete it to write anew.")
    count = -(-len(images) // per_shard)
    done: list[str | None] = index["shards"] if index else [None] * count
    write_bytes(folder / "labels.npy", _npy(labels))
    for number in range(count):
        path = folder / _name(number)
        if done[number] is None or not path.is_file() or file_sha256(path) != done[number]:
            content = _npy(images[number * per_shard : (number + 1) * per_shard])
            write_bytes(path, content)
            done[number] = _sha256(content)
            write_json(folder / "index.json", of_set | {"shards": done})
        progress((number + 1) / count, f"shard {number + 1} of {count}")


def read(folder: Path) -> Shards:
    """Return a set in shards; their content is not checked, see :func:`verify`.

    Raises:
        DataError: there is no whole set.
    """
    index = _index(folder)
    if not index or None in index["shards"]:
        have = len([done for done in index["shards"] if done]) if index else 0
        raise DataError(
            f"{folder}: no whole set in shards ({have} of them are written). Write it again: it goes on."
        )
    labels = np.load(folder / "labels.npy", allow_pickle=False)
    count, *of_image = index["shape"]
    return Shards(folder, (count, *of_image), index["per_shard"], labels)


def verify(folder: Path) -> None:
    """Compare every shard, and the labels, with their checksums.

    Raises:
        DataError: there is no whole set, or files are damaged: which.
    """
    read(folder)
    index = _index(folder)
    expected = {_name(number): sha256 for number, sha256 in enumerate(index["shards"])}
    expected["labels.npy"] = index["labels"]
    wrong = [
        name
        for name, sha256 in expected.items()
        if not (folder / name).is_file() or file_sha256(folder / name) != sha256
    ]
    if wrong:
        raise DataError(
            f"{folder}: {', '.join(wrong)} missing or damaged. Write it again: only they are made anew."
        )


def _index(folder: Path) -> dict[str, Any]:
    """Return what index.json says, nothing if it is not there."""
    path = folder / "index.json"
    if not path.is_file():
        return {}
    index: dict[str, Any] = json.loads(path.read_bytes())
    return index


def _name(number: int) -> str:
    return f"images-{number:05}.npy"


def _npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
    return content.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
