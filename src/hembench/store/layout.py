"""Where results and raw data are: the environment goes first, then the study, then the project's own folders."""

from __future__ import annotations

import os
from pathlib import Path


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
