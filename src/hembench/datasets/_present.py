"""Raw files that have to be put into the data folder: what is missing, and where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hembench.core.digest import file_sha256
from hembench.core.errors import DataError


def check_present(folder: Path, files: Mapping[str, str], urls: Mapping[str, str]) -> None:
    """Compare the raw files in ``folder`` with their sha256, all of them at once.

    Args:
        folder: where they should lie.
        files: name -> sha256.
        urls: name -> where it is published.

    Raises:
        DataError: some are missing or others; the message lists each of them with its source.
    """
    wrong = []
    for name, expected in files.items():
        path = folder / name
        found = file_sha256(path) if path.is_file() else None
        if found != expected:
            state = "is missing" if found is None else f"is another file (sha256 {found}; delete it)"
            wrong.append(f"  {path} {state}: get {urls[name]} (sha256 {expected})")
    if wrong:
        raise DataError("raw files have to be put into place by hand:\n" + "\n".join(wrong))
