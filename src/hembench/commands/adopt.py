"""Taking results over after a refactoring that changes none."""

from __future__ import annotations

import argparse
import json

from hembench.commands._study import load
from hembench.core.errors import HembenchError
from hembench.store import artefact
from hembench.store.adopt import adopt, sibling

HELP = """Take existing results over after a refactoring that changes none of them.

For each missing result of STAGE: the newest existing result of the same cell that differs by its code alone is
linked under the wanted key, with the reason in its manifest and in the report. Nothing is computed, and nothing is
checked but the files' sha256: you vouch for the rest. Inputs first: adopt train before predict."""
EXAMPLE = 'hembench adopt train --because "renamed a helper, same numbers" --study demo'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("stage", help="kind of job: prepare, train, predict, attack, evaluate, ...")
    parser.add_argument("cell", nargs="?", help="only this cell; default: every missing result of the stage")
    parser.add_argument("--because", required=True, help="why the results are the same")
    parser.add_argument("--study", default="demo", help="name or path of the study (default: demo)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; status 1 where a missing result could not be adopted."""
    loaded = load(arguments.study)
    plan, results = loaded.plan, loaded.results
    first = plan.find(arguments.stage, arguments.cell) if arguments.cell else None
    jobs = [job for job in plan.of_stage(arguments.stage) if first is None or job.cell == first.cell]
    if not jobs:
        plan.find(arguments.stage, "")  # its message names the nearest stage
    rows = []
    for job in jobs:
        if artefact.read_manifest(results / job.path) is not None:
            continue
        source = sibling(results, job)
        row = {"path": job.path, "from": None, "problem": "no other result that differs by its code alone"}
        if source is not None:
            row |= {"from": source.relative_to(results).as_posix(), "problem": None}
            try:
                adopt(source, results / job.path, job, arguments.because, plan.code[job.ingredients["code"]])
            except HembenchError as error:
                row["problem"] = str(error)
        rows.append(row)
    if arguments.json:
        print(json.dumps(rows, indent=1))
    else:
        for row in rows:
            print(
                f"{row['path']}: "
                + (f"not adopted, {row['problem']}" if row["problem"] else f"from {row['from']}")
            )
        adopted = sum(row["problem"] is None for row in rows)
        before = len(jobs) - len(rows)
        print(f"{arguments.stage}: {adopted} adopted, {len(rows) - adopted} not, {before} there before")
    return 1 if any(row["problem"] for row in rows) else 0
