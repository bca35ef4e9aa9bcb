"""Raw files that lie in the data folder or don't: what is wrong, and where each is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hembench.core.errors import DataError
from hembench.datasets._checksum import MD5, checksum_like, kind_of


def check_present(folder: Path, files: Mapping[str, str], sources: Mapping[str, Sequence[str]]) -> None:
    """Compare the raw files in ``folder`` with their checksums, all of them at once.

    Where files can't be downloaded (a login, terms to accept), a data-set's ``fetch`` is this call alone.

    Args:
        folder: where they should lie.
        files: name -> sha256, or md5 (see ``_checksum``).
        sources: name -> addresses, or words that say exactly how to get it.

    Raises:
        DataError: some are missing or others; the message lists each of them with its sources.
    """
    wrong = []
    for name, expected in files.items():
        path = folder / name
        found = checksum_like(path, expected) if path.is_file() else None
        if found == expected:
            continue
        kind = kind_of(expected)
        state = "is missing" if found is None else f"is another file ({kind} {found.removeprefix(MD5)}): delete it"
        wrong.append(f"  {path} {state}; expected {kind} {expected.removeprefix(MD5)}")
        wrong += [f"    {source}" for source in sources[name]]
    if wrong:
        raise DataError(
            f"data-set {folder.name!r}: raw files are missing. Put them into place. Files of these very names "
            f"that lie somewhere else are taken over with `hembench data fetch {folder.name} --from FOLDER`:\n"
            + "\n".join(wrong)
        )
