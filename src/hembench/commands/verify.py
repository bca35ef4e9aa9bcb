"""Audit of a study's results."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from hembench.commands._study import load
from hembench.store import artefact
from hembench.store.verify import repair, verify

HELP = """Check the results of a study: every file against its manifest, every key against its ingredients.

Also says where the results of one stage were made with different libraries, devices or threads. Missing results
are not an error; the next run makes them. Status 1 while something is damaged."""
EXAMPLE = "hembench verify demo --repair"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("study", help="name (config/NAME.yaml) or path of a study")
    parser.add_argument(
        "--repair", action="store_true", help="set damaged results aside; the next run makes them again"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    loaded = load(arguments.study)
    jobs = loaded.plan.jobs.values()
    findings = verify(loaded.results, jobs)
    moved = repair(loaded.results, findings) if arguments.repair else {}
    left = {finding.path for finding in findings if finding.damaged} - moved.keys()
    made = sum(artefact.read_manifest(loaded.results / job.path) is not None for job in jobs)
    if arguments.json:
        answer = {
            "study": loaded.plan.study,
            "results": made,
            "findings": [asdict(finding) for finding in findings],
            "set_aside": {path: str(folder) for path, folder in moved.items()},
        }
        print(json.dumps(answer, indent=1))
        return 1 if left else 0
    for finding in findings:
        print(f"{finding.path}: {finding.problem}")
    for path, folder in moved.items():
        print(f"{path}: set aside to {folder}")
    damaged = "no damage" if not left else f"{len(left)} damaged (--repair sets them aside)"
    print(f"study {loaded.plan.study}: {made} of {len(loaded.plan.jobs)} results exist, {damaged}")
    return 1 if left else 0
