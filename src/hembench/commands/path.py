"""Where a result is."""

from __future__ import annotations

import argparse
import json

from hembench.commands._study import load, matching
from hembench.core.errors import ConfigError
from hembench.store import artefact

HELP = """Print the folder of a result; without a stage, every result of the cell.

A stage with several results of a cell (predict: one per evaluation group; attack: one per attack and norm) is
asked for by the cell, or by the result's whole name: CELL-main."""
EXAMPLE = "hembench path digits-mlp_small-hem-s0 train --study demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("cell", help="name of a cell, set, condition or page")
    parser.add_argument("stage", nargs="?", help="kind of result (default: all of the cell)")
    parser.add_argument("--study", default="demo", help="name or path of the study (default: demo)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; status 1 where a result does not exist yet."""
    loaded = load(arguments.study)
    if arguments.stage:
        jobs = matching(loaded.plan, arguments.stage, arguments.cell)
    else:
        jobs = [job for job in loaded.plan.jobs.values() if job.cell == arguments.cell]
        jobs += [job for job in loaded.plan.jobs.values() if job.cell.startswith(f"{arguments.cell}-")]
    if not jobs:
        raise ConfigError(
            f"study {loaded.plan.study!r} has no cell {arguments.cell!r}. hembench plan --json lists them."
        )
    rows = [
        {
            "stage": job.stage,
            "cell": job.cell,
            "path": str(loaded.results / job.path),
            "exists": artefact.is_done(loaded.results / job.path),
        }
        for job in jobs
    ]
    if arguments.json:
        print(json.dumps(rows, indent=1))
    else:
        print("\n".join(f"{row['path']}{'' if row['exists'] else '  (not made yet)'}" for row in rows))
    return 0 if all(row["exists"] for row in rows) else 1
