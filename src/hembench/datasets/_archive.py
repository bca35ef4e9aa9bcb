"""Archives read and unpacked safely: no member outside, no links, no bombs."""

from __future__ import annotations

import shutil
import tarfile
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from hembench.core.errors import DataError

CHUNK = 1 << 20

BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
"""What the standard library raises at a damaged, encrypted or unknown archive."""


def members(path: Path, *, count: int, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of every file in a zip or tar archive, in its order; nothing is written.

    Args:
        path: the archive.
        count: at most so many members, folders included.
        size: at most so many bytes of content, all files together. What is really there is counted, not what
            the archive says of itself, so that a bomb is refused before it fills the memory.

    Raises:
        DataError: not a whole zip or tar archive; a member whose name leads outside (absolute, ``..``) or comes
            twice; a link or a device; more members or bytes than allowed.
    """
    left = size
    for name, stream in _streams(path, count):
        content = bytearray()
        while chunk := _read(path, stream, min(CHUNK, left + 1)):
            content += chunk
            left -= len(chunk)
            if left < 0:
                raise DataError(f"{path}: holds more than the {size} bytes that it should; refused as a bomb.")
        yield name, bytes(content)


def unpack(path: Path, folder: Path, *, count: int, size: int) -> None:
    """Unpack the files of a zip or tar archive into a new ``folder``, which appears whole or not at all.

    Args:
        path: the archive.
        folder: made by this call; it must not exist.
        count: see :func:`members`.
        size: see :func:`members`.

    Raises:
        DataError: see :func:`members`; or ``folder`` exists.
    """
    if folder.exists():
        raise DataError(f"{folder}: exists already. Delete it to unpack {path.name} again.")
    staging = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        staging.mkdir(parents=True)
        for name, content in members(path, count=count, size=size):
            target = staging / name
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as stream:
                    stream.write(content)
            except (FileExistsError, NotADirectoryError):
                raise DataError(f"{path}: member {name!r} is in the way of another one.") from None
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _streams(path: Path, count: int) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield (checked name, open content) of every file; folders are passed over."""
    seen: set[str] = set()
    for number, (name, stream) in enumerate(_entries(path)):
        if number >= count:
            raise DataError(f"{path}: has more than the {count} members that it should; refused as a bomb.")
        inner = PurePosixPath(name)
        # a backslash or a drive would lead outside on another system; NUL ends a name early
        if inner.is_absolute() or ".." in inner.parts or any(sign in name for sign in "\\:\0"):
            raise DataError(f"{path}: member {name!r} leads outside the folder; refused.")
        if stream is None:
            continue
        if not inner.parts or str(inner) in seen:
            raise DataError(f"{path}: member {name!r} has no name, or comes twice; refused.")
        seen.add(str(inner))
        yield str(inner), stream


def _entries(path: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    """Yield (name, open content) of every member, None for a folder; anything but files and folders is refused."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    kind = entry.external_attr >> 28  # of the Unix mode: 4 folder, 8 file, 0 not said
                    if kind not in (0, 4, 8):
                        raise DataError(f"{path}: member {entry.filename!r} is a link or a device; refused.")
                    if entry.is_dir():
                        yield entry.filename, None
                    else:
                        with archive.open(entry) as stream:
                            yield entry.filename, stream
        else:
            with tarfile.open(path, "r|*") as tar:
                for member in tar:
                    if not (member.isfile() or member.isdir()):
                        raise DataError(f"{path}: member {member.name!r} is a link or a device; refused.")
                    yield member.name, tar.extractfile(member) if member.isfile() else None
    except BROKEN as error:
        raise _damaged(path, error) from None


def _read(path: Path, stream: IO[bytes], size: int) -> bytes:
    try:
        return stream.read(size)
    except BROKEN as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: not a whole zip or tar archive ({error}). Delete it and get it again.")
