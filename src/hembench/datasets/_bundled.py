"""Raw files that installed packages carry: copied out of them, nothing is imported."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from hembench.core.atomic import write_bytes
from hembench.core.digest import file_sha256
from hembench.core.errors import DataError

SCIKIT_LEARN = "scikit-learn"


def take_bundled(folder: Path, files: Mapping[str, str], places: Mapping[str, str]) -> None:
    """Copy files out of the installed scikit-learn, those that are not in ``folder`` yet.

    Args:
        folder: where they should lie.
        files: name -> sha256.
        places: name -> folder inside the package.

    Raises:
        DataError: scikit-learn is missing, or carries another file.
    """
    for name, expected in files.items():
        target = folder / name
        if target.is_file() and file_sha256(target) == expected:
            continue
        source = _installed(f"{places[name]}/{name}")
        if source is None or not source.is_file():
            raise DataError(
                f"{name}: not found. It is part of scikit-learn ({places[name]}/), which is not installed here or "
                f"carries no such file. Install scikit-learn (`make setup`), or put the file into {folder}."
            )
        found = file_sha256(source)
        if found != expected:
            raise DataError(
                f"{source}: sha256 is {found}, expected {expected}. This scikit-learn carries other data: install "
                "the version of envs/requirements.lock."
            )
        write_bytes(target, source.read_bytes())


def _installed(path: str) -> Path | None:
    """Return where a file of the package should be; None where the package is not installed."""
    try:
        return Path(str(distribution(SCIKIT_LEARN).locate_file(path)))
    except PackageNotFoundError:
        return None
