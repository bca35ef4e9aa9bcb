"""Layouts of published corrupted test sets: arrays in a tar (CIFAR), trees of pictures in a tar (ImageNet)."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.datasets._pictures import Pictures
from hembench.datasets._tar import Place, places

Named = list[tuple[str, Place]]


def read_array(
    path: Path, member: str, severity: int, shape: tuple[int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return one severity of a corruption: uint8 (N, C, H, W) and int64 (N,).

    Args:
        path: a tar with <anything>/<corruption>.npy, uint8 (5 N, H, W, C), severities one after the other, and
            labels.npy with 5 N labels.
        member: name of the corruption.
        severity: 1 to 5.
        shape: (N, H, W) of one severity.

    Raises:
        DataError: an array is missing, damaged or another one.
    """
    count, height, width = shape
    images = _rows(path, f"{member}.npy", severity, (count, height, width, 3))
    labels = _rows(path, "labels.npy", severity, (count,))
    if images.dtype != np.uint8 or labels.dtype.kind not in "iu":
        raise DataError(
            f"{path}: {member}.npy holds {images.dtype} and labels.npy {labels.dtype}, expected integers."
        )
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)), labels.astype(np.int64)


def _rows(path: Path, name: str, severity: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return the fifth of an array that belongs to a severity; the others are not read."""
    found = [place for inner, place in _all(path, path.stat().st_mtime_ns) if inner.split("/")[-1] == name]
    if len(found) != 1:
        raise DataError(f"{path}: {len(found)} files {name}, expected one.")
    try:
        with path.open("rb") as stream:
            stream.seek(found[0].offset)
            version = np.lib.format.read_magic(stream)
            read = (
                np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            )
            whole, by_columns, dtype = read(stream)
            if whole != (5 * shape[0], *shape[1:]) or by_columns or dtype.hasobject:
                raise DataError(f"{path}: {name} is {dtype} {whole}, expected five times {shape}.")
            size = int(np.prod(shape)) * dtype.itemsize
            stream.seek((severity - 1) * size, 1)
            return np.frombuffer(stream.read(size), dtype=dtype).reshape(shape)
    except ValueError as error:
        raise DataError(f"{path}: {name} is damaged ({error}).") from None


def read_tree(
    path: Path, member: str, severity: int, *, count: int, num_classes: int, side: int
) -> tuple[Pictures, np.ndarray]:
    """Return one severity of a corruption: uint8 (N, 3, side, side), read when asked for, and int64 (N,).

    Kind by kind, then by their numbers.

    Args:
        path: a tar with <anything>/<corruption>/<severity>/<kind>/<name>_<number>.JPEG.
        member: name of the corruption.
        severity: 1 to 5.
        count: N.
        num_classes: number of kinds; a label is the place of its kind in the alphabet.
        side: of the pictures, which are taken as they are.

    Raises:
        DataError: there are other pictures; when they are asked for: one is damaged or has another size.
    """
    named = _tree(path, path.stat().st_mtime_ns).get((member, str(severity)), [])
    kinds = sorted({name.split("/")[-2] for name, _ in named})
    if len(named) != count or len(kinds) != num_classes:
        raise DataError(
            f"{path}: {member}, severity {severity}: {len(named)} pictures of {len(kinds)} kinds, expected "
            f"{count} of {num_classes}."
        )
    order = {kind: place for place, kind in enumerate(kinds)}
    found = [place for _, place in named]
    pictures = Pictures(lambda number: found[number].read(), [f"{path}: {name}" for name, _ in named], side, None)
    return pictures, np.array([order[name.split("/")[-2]] for name, _ in named], dtype=np.int64)


@cache
def _all(path: Path, changed: int) -> Named:  # noqa: ARG001  (a changed file is read anew)
    return list(places(path))


@cache
def _tree(path: Path, changed: int) -> dict[tuple[str, str], Named]:
    """Return the pictures of an archive by corruption and severity, kind by kind, then by their numbers."""
    found: dict[tuple[str, str], Named] = defaultdict(list)
    for name, place in _all(path, changed):
        parts = name.split("/")
        if len(parts) >= 4 and _number(name) is not None:
            found[parts[-4], parts[-3]].append((name, place))
    return {
        key: sorted(named, key=lambda one: (one[0].split("/")[-2], _number(one[0]) or 0))
        for key, named in found.items()
    }


def _number(name: str) -> int | None:
    """Return the number of a picture of the test set: 17 of test_17.JPEG and of ILSVRC2012_val_00000017.JPEG."""
    stem, _, ending = name.split("/")[-1].partition(".")
    number = stem.rpartition("_")[2]
    return int(number) if ending == "JPEG" and number.isdecimal() else None
