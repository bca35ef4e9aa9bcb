"""Uncompressed tar archives as they lie: where each member's content starts, so that it can be read alone."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hembench.core.errors import DataError
from hembench.datasets._archive import BROKEN


@dataclass(frozen=True)
class Place:
    """Where a member's content lies in its archive, in bytes."""

    archive: Path
    offset: int
    size: int

    def read(self) -> bytes:
        """Return the content."""
        with self.archive.open("rb") as stream:
            stream.seek(self.offset)
            return stream.read(self.size)


def places(archive: Path, start: int = 0) -> Iterator[tuple[str, Place]]:
    """Yield (name, place) of every file of an archive, in its order; nothing but headers is read.

    Args:
        archive: an uncompressed tar, or a file that holds one.
        start: where the tar starts in the file.

    Raises:
        DataError: not a whole tar.
    """
    try:
        with archive.open("rb") as stream:
            stream.seek(start)
            with tarfile.open(fileobj=stream, mode="r:") as tar:
                for member in tar:
                    if member.isfile():
                        yield member.name.removeprefix("./"), Place(archive, member.offset_data, member.size)
    except BROKEN as error:
        raise DataError(f"{archive}: not a whole tar archive ({error}). Delete it and get it again.") from None
