"""Why a result has to be made: which definition, option or data file changed since the nearest one that exists."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from hembench.commands._causes import lines
from hembench.commands._study import Loaded, load, only
from hembench.core.errors import ConfigError
from hembench.plan.difference import Change, Made, causes, from_manifest, made, own_changes
from hembench.plan.jobs import Job
from hembench.store import artefact

HELP = """Say which definition, option or data file made a result stale.

Compares the wanted result with the nearest one of the same cell that exists, and follows changed inputs down to
the first causes that are not inputs. What merely follows from these is left out; --json has everything."""
EXAMPLE = "hembench why digits-mlp_small-hem-s0 train --study demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("target", nargs="+", help="CELL STAGE, or an artefact's path (results/train/CELL/KEY)")
    parser.add_argument("--study", default="demo", help="name or path of the study (default: demo)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    loaded = load(arguments.study)
    job = find_target(loaded, arguments.target)
    nearest = _nearest(loaded, job)
    changes = _causes(loaded, job, nearest) if nearest else []
    answer = {
        "target": job.path,
        "key": job.key,
        "nearest": nearest.key if nearest else None,
        "changed": [change.to_json() for change in changes],
    }
    print(json.dumps(answer, indent=1) if arguments.json else _words(job, nearest, changes))
    return 0


def find_target(loaded: Loaded, target: list[str]) -> Job:
    """Return the job that CELL STAGE, or the path of an artefact, names.

    Raises:
        ConfigError: neither names a result of the study.
    """
    if len(target) == 2:
        cell, stage = target
        return only(loaded.plan, stage, cell)
    parts = Path(target[0]).parts
    if len(target) == 1 and len(parts) >= 2:
        parts = tuple(part for part in parts if part not in ("done", artefact.MANIFEST))
        stages = {job.stage for job in loaded.plan.jobs.values()}
        for at, part in enumerate(parts):
            if part in stages and at + 1 < len(parts):
                return loaded.plan.find(part, parts[at + 1])
    raise ConfigError(
        f"expected CELL STAGE or an artefact's path, such as results/train/CELL/KEY, not {' '.join(target)!r}."
    )


def _nearest(loaded: Loaded, job: Job) -> Made | None:
    """Return the existing result of the cell that differs least (of equals the newest); itself where it exists."""
    siblings: list[tuple[int, float, Made]] = []
    for folder in (loaded.results / job.stage / job.cell).glob("*"):
        result = _described(folder)
        if result is None:
            continue
        distance = 0 if result.key == job.key else 1 + _distance(result, made(loaded.plan, job))
        siblings.append((distance, -folder.stat().st_mtime, result))
    return min(siblings, key=lambda sibling: sibling[:2])[2] if siblings else None


def _distance(old: Made, new: Made) -> int:
    was, now = old.ingredients["inputs"], new.ingredients["inputs"]
    differing = [role for role in {*was, *now} if was.get(role) != now.get(role)]
    return len(own_changes(old, new)) + len(differing)


def _causes(loaded: Loaded, job: Job, nearest: Made) -> list[Change]:
    def find_old(path: str) -> Made | None:
        return _described(loaded.results / path)

    plan = loaded.plan
    return causes(nearest, made(plan, job), find_old, lambda path: made(plan, plan.jobs[path]))


def _described(folder: Path) -> Made | None:
    """Return the result that a folder's manifest describes; None where it tells too little of it, or is gone."""
    manifest = artefact.read_manifest(folder)
    told = manifest is not None and {"key", "ingredients", "definitions", "inputs"} <= manifest.keys()
    return from_manifest(manifest) if manifest is not None and told else None


def _words(job: Job, nearest: Made | None, changes: list[Change]) -> str:
    if nearest is None:
        return f"{job.path}: never made; no other result of this cell exists either"
    if nearest.key == job.key:
        return f"{job.path}: not stale, the result exists"
    first = f"{job.path}: differs from {nearest.key}, the nearest that exists, by"
    return "\n".join([first, *(f"  {line}" for line in lines(changes))])
