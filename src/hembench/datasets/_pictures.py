"""Photographs of any size in archives and folders: decoded, resized, cut; all at once or when asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from hembench.core.errors import DataError
from hembench.datasets._archive import members


def decoded(content: bytes, of: str) -> Image.Image:
    """Return a picture in red, green and blue.

    Raises:
        DataError: not a whole picture; the message names it by ``of``.
    """
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return picture.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{of}: not a whole picture ({error}).") from None


def framed(picture: Image.Image, short: int, side: int) -> np.ndarray:
    """Return the centre of a picture whose short side was resized: uint8 (3, side, side).

    Bilinear, averaging where it makes smaller; sizes are rounded as torchvision's Resize and CenterCrop do.

    Args:
        picture: in red, green and blue.
        short: what the short side becomes, at least ``side``.
        side: of the square that is cut out.
    """
    width, height = picture.size
    size = (short, int(short * height / width)) if width <= height else (int(short * width / height), short)
    if size != picture.size:
        picture = picture.resize(size, Image.Resampling.BILINEAR)
    left, top = round((size[0] - side) / 2), round((size[1] - side) / 2)
    cut = picture.crop((left, top, left + side, top + side))
    return np.asarray(cut).transpose(2, 0, 1)


def unframed(picture: Image.Image, side: int, of: str) -> np.ndarray:
    """Return a picture as it is: uint8 (3, side, side).

    Raises:
        DataError: it has another size.
    """
    if picture.size != (side, side):
        raise DataError(f"{of}: {picture.width}x{picture.height} pixels, expected {side}x{side}.")
    return np.asarray(picture).transpose(2, 0, 1)


class Pictures:
    """Pictures that are decoded when they are asked for: to its readers a uint8 array (N, 3, side, side).

    Sets that fit no memory are read from it piece by piece (``pictures[start:stop]``); ``np.asarray`` reads all.

    Args:
        read: gives the content of picture i; it may be fastest where i grows.
        names: what picture i is called in a message.
        side: of the square images.
        short: what the short side is resized to before the centre is cut out; None takes pictures as they are.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, read: Callable[[int], bytes], names: Sequence[str], side: int, short: int | None) -> None:
        self._read, self._names, self._side, self._short = read, names, side, short
        self.shape = (len(names), 3, side, side)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, which: slice | np.ndarray) -> np.ndarray:
        """Return some pictures: uint8 (n, 3, side, side).

        Args:
            which: a slice, or numbers (n,).

        Raises:
            DataError: one is damaged, or has another size where they are taken as they are.
        """
        numbers = range(*which.indices(len(self))) if isinstance(which, slice) else which.tolist()
        images = np.empty((len(numbers), *self.shape[1:]), dtype=np.uint8)
        for place, number in enumerate(numbers):
            picture = decoded(self._read(number), self._names[number])
            if self._short is None:
                images[place] = unframed(picture, self._side, self._names[number])
            else:
                images[place] = framed(picture, self._short, self._side)
        return images

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self[:].astype(dtype or np.uint8, copy=False)


def of_tree(
    folder: Path, *, side: int, short: int, kinds: Sequence[str] | None = None
) -> tuple[Pictures, np.ndarray]:
    """Return the pictures of a folder tree, read when asked for, and labels: uint8 (N, 3, side, side), int64 (N,).

    Args:
        folder: holds a folder for each kind, and in each its pictures; a label is the place of the kind's name.
            Both are sorted by name; files that start with a point are passed over.
        side: see :func:`framed`.
        short: see there.
        kinds: names of the folders that must be there; None: those that are.

    Raises:
        DataError: a kind's folder is missing, or no kind of that name is known; a folder holds no pictures; when
            they are asked for: one is none.
    """
    folders = sorted(path for path in folder.iterdir() if path.is_dir())
    if kinds is not None and (wrong := {path.name for path in folders} ^ set(kinds)):
        raise DataError(f"{folder}: {', '.join(sorted(wrong)[:5])}: such folders are missing, or not known.")
    found = [sorted(path for path in kind.iterdir() if not path.name.startswith(".")) for kind in folders]
    if not found or [] in found:
        raise DataError(f"{folders[found.index([])] if found else folder}: no pictures there.")
    paths = [path for files in found for path in files]
    pictures = Pictures(lambda number: paths[number].read_bytes(), [str(path) for path in paths], side, short)
    return pictures, np.repeat(np.arange(len(folders)), [len(files) for files in found]).astype(np.int64)


class Streamed:
    """Members of an archive by their place among the wanted ones, read forward; going back starts anew.

    Args:
        path: a zip or tar archive, compressed or not.
        wanted: names of the members, in the archive's order.
        count: see :func:`hembench.datasets._archive.members`.
        size: see there.
    """

    def __init__(self, path: Path, wanted: Sequence[str], *, count: int, size: int) -> None:
        self._path, self._wanted, self._count, self._size = path, wanted, count, size
        self._start()

    def _start(self) -> None:
        self._members, self._next = members(self._path, count=self._count, size=self._size), 0

    def read(self, number: int) -> bytes:
        """Return the content of the wanted member of that number.

        Raises:
            DataError: the archive is damaged, or does not hold it after those before it.
        """
        if number < self._next:
            self._start()
        for name, content in self._members:
            if name == self._wanted[self._next]:
                self._next += 1
                if self._next > number:
                    return content
        raise DataError(f"{self._path}: {self._wanted[self._next]} is missing.")


def names_in(path: Path, *, count: int, size: int) -> list[str]:
    """Return the names of an archive's files in its order; see :func:`hembench.datasets._archive.members`."""
    return [name for name, _ in members(path, count=count, size=size)]


def members_framed(
    path: Path, places: Mapping[str, int], *, side: int, short: int, count: int, size: int
) -> np.ndarray:
    """Return pictures of an archive, each in its place: uint8 (N, 3, side, side).

    Args:
        path: a zip or tar archive.
        places: name of a member -> its place, from 0 to N - 1.
        side: see :func:`framed`.
        short: see there.
        count: see :func:`hembench.datasets._archive.members`.
        size: see there.

    Raises:
        DataError: a picture is missing or damaged.
    """
    images = np.empty((len(places), 3, side, side), dtype=np.uint8)
    missing = set(places)
    for name, content in members(path, count=count, size=size):
        if name in missing:
            images[places[name]] = framed(decoded(content, f"{path}: {name}"), short, side)
            missing.remove(name)
    if missing:
        raise DataError(f"{path}: {min(missing)} is missing, and {len(missing) - 1} others.")
    return images
