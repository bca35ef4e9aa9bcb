"""Runs that Snakemake would begin and that could not end well: refused before anything is submitted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hembench.core.errors import ConfigError
from hembench.store.owner import slurm_here

LONGEST_LOOK = 180
"""Most seconds between two looks of Snakemake's SLURM executor at its jobs (2.8.0)."""

FORCED = {"forceall": "--forceall (-F)", "forcerun": "--forcerun (-R)", "force_incomplete": "--rerun-incomplete"}


def refuse_braces(*folders: Path) -> None:
    """Refuse folders whose names Snakemake would take for patterns.

    Raises:
        ConfigError: with the way out.
    """
    for folder in folders:
        if set("{}") & set(str(folder)):
            raise ConfigError(
                f"{folder}: Snakemake takes braces in a path for a wildcard. Choose a folder without any: "
                "`results:` and `data_root:` in the study, HEMBENCH_RESULTS, HEMBENCH_DATA and HEMBENCH_REPORTS "
                "say where results, raw data and reports are."
            )


def refuse_locked(execution_settings: Any, dry: bool) -> None:
    """Refuse to go on where Snakemake would meet locks; with our profiles it neither makes nor minds any.

    Raises:
        ConfigError: with the way out.
    """
    if dry or not getattr(execution_settings, "lock", False):
        return
    if any(Path(".snakemake", "locks").glob("*")):
        raise ConfigError(
            ".snakemake/locks is not empty: a run without this project's profile is on in this folder, or was "
            "killed. If none is on, `snakemake --unlock` removes the locks. Or run with a profile of this one, "
            "which needs none: profiles/default is used by itself, others are given with --workflow-profile. "
            "Leases in the results folder keep two runs from making one result."
        )


def refuse_blind(executor_settings: Any) -> None:
    """Refuse a run whose executor would not see jobs end: it takes what it does not find for running, for ever.

    Raises:
        ConfigError: with the way out.
    """
    asked = getattr(executor_settings, "status_command", None)
    if asked not in ("sacct", "squeue"):
        return
    site = slurm_here()
    no_accounts = site.get("AccountingStorageType") in ("accounting_storage/none", "(null)")
    age = re.match(r"\d+", site.get("MinJobAge", ""))
    forgets = age is not None and 0 < int(age[0]) < LONGEST_LOOK  # 0 is no age: then SLURM forgets none
    if age and forgets and no_accounts:
        raise ConfigError(
            f"this cluster keeps no accounts and forgets ended jobs after {age[0]} seconds (MinJobAge), and "
            f"Snakemake looks every {LONGEST_LOOK} at times: neither sacct nor squeue can work here, it would see "
            f"none end. Ask those who run the cluster for MinJobAge >= {LONGEST_LOOK} (SLURM's default is 300)."
        )
    if asked == "sacct" and no_accounts:
        raise ConfigError(
            "this cluster keeps no accounts: sacct would be asked for ever, and the run would never end. "
            "The profile's slurm-status-command must be squeue."
        )
    if asked == "squeue" and age and forgets:
        raise ConfigError(
            f"this cluster forgets ended jobs after {age[0]} seconds (MinJobAge), and Snakemake looks every "
            f"{LONGEST_LOOK} at times: it would see none end. The profile's slurm-status-command must be sacct."
        )


def refuse_forced(dag_settings: Any) -> None:
    """Refuse options that make Snakemake run jobs whose results exist: with keyed inputs it would end too early.

    Raises:
        ConfigError: with the way out.
    """
    for name, option in FORCED.items():
        if getattr(dag_settings, name, None):
            raise ConfigError(
                f"{option} is refused: results are kept under keys, and a forced run with them ends early without "
                f"making everything. To make a result again, free it with 'hembench gc CELL STAGE' and run again; "
                f"unfinished results need no option, they are made anyway."
            )
