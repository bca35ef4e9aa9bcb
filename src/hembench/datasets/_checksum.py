"""Checksums of raw files: sha256, or md5 where nothing better was ever published, written ``md5:<32 digits>``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from hembench.core.errors import DataError

MD5 = "md5:"


def kind_of(checksum: str) -> str:
    """Return the name of the sum's method for messages and for hashlib: "md5" or "sha256"."""
    return "md5" if checksum.startswith(MD5) else "sha256"


def checksum_like(path: Path, checksum: str) -> str:
    """Return the checksum of a file, by the method of ``checksum`` and written as it is."""
    method = kind_of(checksum)
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, lambda: hashlib.new(method, usedforsecurity=False)).hexdigest()
    return found if method == "sha256" else MD5 + found


def check_raw(folder: Path, files: Mapping[str, str]) -> None:
    """Compare the raw files in ``folder`` with their checksums, each once a process as long as it does not change.

    Raises:
        DataError: a file is missing, or its content is not the one that ``files`` names.
    """
    for name, expected in files.items():
        path = folder / name
        if not path.is_file():
            raise DataError(f"{path}: raw file is missing. Get it with `hembench data fetch {folder.name}`.")
        state = path.stat()
        found = _remembered(path.absolute(), expected, state.st_size, state.st_mtime_ns)
        if found != expected:
            raise DataError(
                f"{path}: {kind_of(expected)} is {found.removeprefix(MD5)}, expected "
                f"{expected.removeprefix(MD5)}. Delete this file and get it again with `hembench data fetch "
                f"{folder.name}`; other data are another data-set, with a name of its own."
            )


@cache
def _remembered(path: Path, like: str, size: int, changed: int) -> str:  # noqa: ARG001  (what a changed file changes)
    return checksum_like(path, like)
