"""Freeing results that nobody names, or one result."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hembench.commands._study import Loaded, load, project_root
from hembench.core.errors import ConfigError, HembenchError, LeaseHeldError
from hembench.plan.jobs import LOCAL_STAGES, Job
from hembench.store.gc import LOGS, Broken, Unneeded, empty_trash, free, old_logs, prunable, size_of, unneeded

HELP = """List the results that no study names, and with --yes free them; or free one result.

Kept are the results of every study of config/ and of those given, what a frozen plan used within --keep-days names
(of branches, clones and other users of the same results folder), results that are being made, and what
keep.txt in the results folder lists (a path STAGE/CELL/KEY or a pattern a line).

--prune lists trainings, too, whose predictions and attacks exist, in every study and recent plan: weights are most
of what a study takes, and nothing that exists is made again without them. (A later attack or set on these networks
trains them anew.)

Logs of jobs that are as old as that are counted, and freed with the rest.

A study that can't be read does not stop this: kept is whatever it may name.

`hembench gc CELL STAGE` frees that one result, wanted or not, after asking; the next run makes it again
(a training only if a missing result needs it)."""
EXAMPLE = "hembench gc --keep-days 60\n  hembench gc digits-mlp_small-hem-s0 train"

_STAGES = {*LOCAL_STAGES, "prepare", "train", "predict", "attack"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("names", nargs="*", metavar="STUDY", help="further studies to keep; or CELL STAGE")
    parser.add_argument(
        "--study", help="with CELL STAGE: the study (default: every study of config/); else one more to keep"
    )
    parser.add_argument(
        "--keep-days",
        type=float,
        default=30.0,
        help="age of frozen plans and logs that count (default: 30)",
    )
    parser.add_argument("--prune", action="store_true", help="also trainings that nothing has to read any more")
    parser.add_argument("--yes", action="store_true", help="free without asking")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    if not arguments.keep_days >= 0:
        raise ConfigError(f"--keep-days is {arguments.keep_days:g}: give a number of days, 0 or more.")
    if len(arguments.names) == 2 and arguments.names[1] in _STAGES:
        cell, stage = arguments.names
        return _free_one(cell, stage, arguments.study, arguments.yes)
    studies, broken = _studies([*arguments.names, *([arguments.study] if arguments.study else [])])
    wanted = {path for loaded in studies for path in loaded.plan.jobs}
    folders = list(dict.fromkeys(loaded.results for loaded in studies))
    found = {results: unneeded(results, wanted, arguments.keep_days, broken) for results in folders}
    if arguments.prune:
        if broken:
            raise ConfigError("--prune needs every study of config/: put right what is wrong, or move it away.")
        plans = [loaded.plan for loaded in studies]
        for results, listed in found.items():
            listed += prunable(results, plans, arguments.keep_days)
    logs = {results: old_logs(results, arguments.keep_days) for results in folders}
    freed = _free_all(found) if arguments.yes else set()
    rows = [
        {**asdict(row), "results": str(results), "freed": (results, row.path) in freed}
        for results, listed in found.items()
        for row in listed
    ]
    log_rows = [_log_row(results, of, arguments.yes) for results, of in logs.items() if of]
    told = [_tell_logs(of, arguments.yes) for of in logs.values() if of]
    if arguments.json:
        print(json.dumps(rows + log_rows, indent=1))
        return 0
    for results, listed in found.items():
        print(f"{results}:" if listed else f"{results}: everything is named by a study, a recent plan or keep.txt")
        for row in listed:
            print(f"  {row.size / 1e6:10.1f} MB {row.days:6.0f} days  {row.path}")
    total = sum(row.size for listed in found.values() for row in listed) / 1e6
    if rows:
        print(f"{len(freed)} freed" if arguments.yes else f"{len(rows)} folders, {total:.1f} MB; --yes frees them")
    for line in told:
        print(line)
    return 0


def _log_row(results: Path, logs: list[Path], yes: bool) -> dict[str, Any]:
    """Return the row of old logs in the answer as JSON; its age is that of the youngest among them."""
    days = min((time.time() - log.stat().st_mtime) / 86400 for log in logs)
    told = {"path": LOGS, "size": size_of(logs), "days": days, "results": str(results), "freed": yes}
    return {**told, "count": len(logs)}


def _tell_logs(logs: list[Path], yes: bool) -> str:
    """Remove old logs if that was asked for; return, for people, how many there are, or were."""
    words = f"{logs[0].parents[1]}: {len(logs)} old logs, {size_of(logs) / 1e6:.1f} MB"
    if not yes:
        return f"{words}; --yes frees them"
    for log in logs:
        log.unlink(missing_ok=True)
    return f"{words}, freed"


def _studies(names: list[str]) -> tuple[list[Loaded], Broken | None]:
    """Return every study of config/ and those named, and what to keep where one of config/ can't be read.

    Raises:
        ConfigError: there is none, none can be read, or one that was named can't.
    """
    files = [str(path) for path in sorted((project_root() / "config").glob("*.yaml"))]
    if not files and not names:
        raise ConfigError("config/ has no study, so every result would be free; name the studies to keep.")
    studies, wrong = [load(name) for name in names], []
    for file in files:
        try:
            studies.append(load(file))
        except HembenchError as error:
            wrong.append(str(error))
            print(f"{error}\n  (every result that this study may name is kept)", file=sys.stderr)
    if not studies:
        raise ConfigError("no study can be read, so nothing can be freed:\n" + "\n".join(wrong))
    readable = frozenset(loaded.plan.study for loaded in studies)
    return studies, Broken(readable) if wrong else None


def _free_all(found: dict[Path, list[Unneeded]]) -> set[tuple[Path, str]]:
    freed = set()
    for results, listed in found.items():
        empty_trash(results)
        for row in listed:
            try:
                free(results, row.path)
            except LeaseHeldError as error:
                print(error, file=sys.stderr)
                continue
            freed.add((results, row.path))
    return freed


def _free_one(cell: str, stage: str, study: str | None, yes: bool) -> int:
    studies = [load(study)] if study else _studies([])[0]
    found = {loaded.results / job.path: (loaded, job) for loaded in studies for job in _jobs(loaded, stage, cell)}
    if not found:
        studies[0].plan.find(stage, cell)  # its message names the nearest
    existing = {folder: entry for folder, entry in found.items() if folder.is_dir()}
    if not existing:
        raise ConfigError(f"{stage} of {cell} does not exist: nothing to free.")
    for folder, (loaded, job) in existing.items():
        if not (yes or _agreed(folder)):
            print(f"{folder}: kept (--yes frees without asking)")
            return 1
        free(loaded.results, job.path)
        print(f"{folder}: freed")
    return 0


def _jobs(loaded: Loaded, stage: str, cell: str) -> list[Job]:
    return [job for job in loaded.plan.of_stage(stage) if job.cell == cell]


def _agreed(folder: Path) -> bool:
    return sys.stdin.isatty() and input(f"free {folder}? [y/N] ").strip().lower() in ("y", "yes")
