"""Raw files that lie in the data folder or don't: what is wrong, and where each is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hembench.core.digest import file_sha256
from hembench.core.errors import DataError


def check_present(folder: Path, files: Mapping[str, str], sources: Mapping[str, Sequence[str]]) -> None:
    """Compare the raw files in ``folder`` with their sha256, all of them at once.

    Where files can't be downloaded (a login, terms to accept), a data-set's ``fetch`` is this call alone.

    Args:
        folder: where they should lie.
        files: name -> sha256.
        sources: name -> addresses, or words that say exactly how to get it.

    Raises:
        DataError: some are missing or others; the message lists each of them with its sources.
    """
    wrong = []
    for name, expected in files.items():
        path = folder / name
        found = file_sha256(path) if path.is_file() else None
        if found == expected:
            continue
        state = "is missing" if found is None else f"is another file (sha256 {found}): delete it"
        wrong.append(f"  {path} {state}; expected sha256 {expected}")
        wrong += [f"    {source}" for source in sources[name]]
    if wrong:
        raise DataError(
            f"data-set {folder.name!r}: raw files are missing. Put them into place, or take over files that you "
            f"have somewhere else with `hembench data fetch {folder.name} --from FOLDER`:\n" + "\n".join(wrong)
        )
