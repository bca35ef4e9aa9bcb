"""Taking results over after a refactoring that changes none."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hembench.commands._study import load
from hembench.core.errors import ConfigError, HembenchError, nearest
from hembench.core.wording import shown
from hembench.plan.jobs import Job, Plan
from hembench.store import artefact
from hembench.store.adopt import Sibling, adopt, covers, sibling

HELP = """Take existing results over after a refactoring that changes none of them.

For each missing result of STAGE: the newest existing result of the same cell that differs by its code alone is
linked under the wanted key, with the reason in its manifest and in the report. Where options differ too, such as
a new one whose default does what was done before, the command lists them; --option takes such results over, if it
names all that differ. Nothing is computed, and nothing is checked but the files' sha256: you vouch for the rest.
--dry-run says what would be taken over, and writes nothing. Inputs first: adopt train before predict."""
EXAMPLE = 'hembench adopt train --because "renamed a helper, same numbers" --study demo'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("stage", help="kind of job: prepare, train, predict, attack, evaluate, ...")
    parser.add_argument("cell", nargs="?", help="only this cell; default: every missing result of the stage")
    parser.add_argument("--because", default="", help="why the results are the same; needed but with --dry-run")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be taken over, from where")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME",
        help="results may differ in this option, too, and in all below it (recipe.compile, recipe); repeatable",
    )
    parser.add_argument("--study", default="demo", help="name or path of the study (default: demo)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; status 1 where a missing result could not be adopted.

    Raises:
        ConfigError: no reason is given, or the stage, the cell or a named option does not exist.
    """
    dry = arguments.dry_run
    if not (dry or arguments.because.strip()):
        raise ConfigError(
            "--because is missing: give the reason why the results are the same, for the manifest and the report; "
            "or --dry-run, to see what would be taken over."
        )
    loaded = load(arguments.study)
    plan, results = loaded.plan, loaded.results
    jobs = _jobs(plan, arguments.stage, arguments.cell)
    missing = [job for job in jobs if artefact.read_manifest(results / job.path) is None]
    _check_named(arguments.option, [sibling(results, job, arguments.option) for job in missing])
    rows, found = [], []
    taken: dict[Path, Path] = {}
    for job in missing:  # in the plan's order: a set that was just adopted is the input of the next one
        near = sibling(results, job, arguments.option, taken)
        row = _row(results, plan, job, near, None if dry else arguments.because)
        rows.append(row)
        if near and row["problem"] is None:
            taken[results / job.path] = near.folder
        found += [near] if near and near.unnamed else []
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
        done = "would be adopted" if dry else "adopted"
        print(f"{arguments.stage}: {adopted} {done}, {len(rows) - adopted} not, {before} there before")
        for line in _advice(found):
            print(line)
    return 1 if any(row["problem"] for row in rows) else 0


def _jobs(plan: Plan, stage: str, cell: str | None) -> list[Job]:
    first = plan.find(stage, cell) if cell else None
    jobs = [job for job in plan.of_stage(stage) if first is None or job.cell == first.cell]
    if not jobs:
        plan.find(stage, "")  # its message names the nearest stage
    return jobs


def _check_named(named: Sequence[str], found: Sequence[Sibling | None]) -> None:
    """Refuse a name that vouches for nothing: it is a mistake more often than not.

    Where some result has no sibling yet, as its inputs come first, nobody can tell.

    Raises:
        ConfigError: a name covers no option that differs; nothing has been adopted yet.
    """
    siblings = [near for near in found if near]
    differing = sorted({option for near in siblings for option in near.options})
    for name in named if siblings and len(siblings) == len(found) else ():
        if not any(covers(name, option) for option in differing):
            raise ConfigError(
                f"--option {name}: no result that would be taken over differs in it; nothing is adopted."
                f"{nearest(name, differing)} Differing: {', '.join(differing) or 'none, leave --option out'}."
            )


def _row(results: Path, plan: Plan, job: Job, near: Sibling | None, because: str | None) -> dict[str, Any]:
    """Adopt one result if its code is all that differs, or its options are named, and say what was done.

    Without a reason it is looked at only: whether it is whole, and so could be adopted.
    """
    if near is None:
        return {"path": job.path, "from": None, "options": {}, "problem": _why_none(results, job)}
    problem = None
    if near.unnamed:
        problem = f"another value of {', '.join(near.unnamed)}"
    else:
        try:
            if because is None:
                artefact.verified(near.folder)
            else:
                adopt(near.folder, results / job.path, job, because, plan.code[job.ingredients["code"]])
        except HembenchError as error:
            problem = str(error)
    source = near.folder.relative_to(results).as_posix()
    return {"path": job.path, "from": source, "options": near.options, "problem": problem}


def _why_none(results: Path, job: Job) -> str:
    absent = {path.split("/")[0] for path in job.inputs.values() if artefact.read_manifest(results / path) is None}
    first = f"; its inputs come first: {', '.join(sorted(absent))}" if absent else ""
    return f"no other result that differs by its code and options alone{first}"


def _advice(found: Sequence[Sibling]) -> list[str]:
    """Return, for results whose options differ, which these are and how to take the results over all the same."""
    if not found:
        return []
    differing = Counter((option, _change(near.options[option])) for near in found for option in near.unnamed)
    names = sorted({option for option, _ in differing})
    return [
        "",
        f"{len(found)} of them differ by their code and by options alone (was -> is):",
        *(f"  {option}: {change}  ({count})" for (option, change), count in sorted(differing.items())),
        "Where these change no number, such as new ones whose defaults do what was done before, add",
        "  " + " ".join(f"--option {name}" for name in names),
    ]


def _change(values: Mapping[str, Any]) -> str:
    was, now = (shown(values[side]) if side in values else "absent" for side in ("was", "is"))
    return f"{was} -> {now}"
