"""Audit of a study's results."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from hembench.commands._raw import state
from hembench.commands._study import Loaded, load
from hembench.store import artefact
from hembench.store.lease import lease
from hembench.store.verify import Finding, clean, repair, verify

HELP = """Check the results of a study: every file against its manifest, every key against its ingredients, and
every raw file of its data-sets against the published checksum.

Also says where the results of one stage were made with different libraries, devices or threads, and what lies in
the results folder and belongs to no result. Missing results and raw files are not an error; the next run makes or
fetches them. Status 1 while something is damaged."""
EXAMPLE = "hembench verify demo --repair"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("study", help="name (config/NAME.yaml) or path of a study")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="set damaged results and raw files aside, to be made again; remove what killed jobs left",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    loaded = load(arguments.study)
    jobs = loaded.plan.jobs.values()
    findings = verify(loaded.results, jobs)
    raw = _raw(loaded)
    moved = repair(loaded.results, findings) if arguments.repair else {}
    moved |= {finding.path: _set_aside(Path(finding.path)) for finding in raw if arguments.repair}
    cleaned = clean(loaded.results, findings) if arguments.repair else []
    findings += raw
    left = {finding.path for finding in findings if finding.damaged} - moved.keys()
    made = sum(artefact.read_manifest(loaded.results / job.path) is not None for job in jobs)
    if arguments.json:
        answer = {
            "study": loaded.plan.study,
            "results": made,
            "findings": [asdict(finding) for finding in findings],
            "set_aside": {path: str(folder) for path, folder in moved.items()},
            "cleaned": cleaned,
        }
        print(json.dumps(answer, indent=1))
        return 1 if left else 0
    for finding in findings:
        print(f"{finding.path}: {finding.problem}")
    for path, folder in moved.items():
        print(f"{path}: set aside to {folder}")
    for path in cleaned:
        print(f"{path}: cleaned")
    damaged = "no damage" if not left else f"{len(left)} damaged (--repair sets them aside)"
    print(f"study {loaded.plan.study}: {made} of {len(loaded.plan.jobs)} results exist, {damaged}")
    return 1 if left else 0


def _raw(loaded: Loaded) -> list[Finding]:
    """Return the raw files of the study's data-sets that are others than the published ones."""
    names = sorted({job.cell for job in loaded.plan.of_stage("fetch")})
    problem = "another checksum than the data-set's file names"
    return [
        Finding(str(loaded.data / name / file), problem, True)
        for name in names
        for file, found in state(name, loaded.data).items()
        if found == "another file"
    ]


def _set_aside(file: Path) -> Path:
    """Move a raw file out of the way; return where it is now."""
    number = 1
    while (target := file.with_name(f"{file.name}.damaged-{number}")).exists():
        number += 1
    with lease(file.parent, wait=True, finished=lambda: False):
        return file.rename(target)
