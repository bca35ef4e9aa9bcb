"""Where results and raw data are: the environment goes first, then the study, then the project's own folders."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hembench.core.errors import ConfigError

_RESULTS = "`results:` in the study, or the environment variable HEMBENCH_RESULTS"


def results_folder(of_study: str | None, root: Path) -> Path:
    """Return the results folder, absolute: HEMBENCH_RESULTS, or the study's ``results:``, or ``results/``.

    Args:
        of_study: the study's value, relative to the project; ``~`` is the home folder.
        root: the project, the folder of the Snakefile.
    """
    return _folder("HEMBENCH_RESULTS", of_study, root, "results")


def data_folder(of_study: str | None, root: Path) -> Path:
    """Return the raw data folder, absolute: HEMBENCH_DATA, or the study's ``data_root:``, or ``data/``."""
    return _folder("HEMBENCH_DATA", of_study, root, "data")


def _folder(variable: str, of_study: str | None, root: Path, default: str) -> Path:
    # A variable is relative to where it was set, as any path on a command line; an empty one is not set.
    if given := os.environ.get(variable):
        return Path(given).expanduser().absolute()
    return (root / Path(of_study or default).expanduser()).absolute()


def refuse_file(results: Path) -> None:
    """Refuse a results folder that is no folder: commands that only look would find no results there.

    Raises:
        ConfigError: it is a file, or lies in one.
    """
    there = next((path for path in (results, *results.parents) if path.exists()), None)
    if there is not None and not there.is_dir():
        raise ConfigError(f"results folder {results}: {there} is a file. Choose another: {_RESULTS}.")


def made_writable(results: Path) -> None:
    """Make the results folder where it is not there.

    Raises:
        ConfigError: it can't be made or written to.
    """
    _make(results, "results folder", _RESULTS)


def made_writable_data(data: Path) -> None:
    """Make the raw data folder, or a data-set's folder in it, where it is not there.

    For whoever is about to bring files: complete data may lie where nothing can be written.

    Raises:
        ConfigError: it can't be made or written to.
    """
    _make(data, "raw data folder", "`data_root:` in the study, or the environment variable HEMBENCH_DATA")


def _make(folder: Path, what: str, choices: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            f"{what} {folder}: can't be made or written to ({error.strerror}). Choose another: {choices}."
        ) from None
