"""What exists, what would run and what it costs; against another commit: the price of an edit."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import fill
from typing import Any

from hembench.commands._against import Edit, compare
from hembench.commands._causes import lines as causes
from hembench.commands._causes import listed
from hembench.commands._raw import absent, needed
from hembench.commands._study import Loaded, load
from hembench.plan.cost import Cost, Measured, price, price_by_stage, size
from hembench.plan.jobs import Plan
from hembench.plan.state import State, states
from hembench.store import artefact

HELP = """Say what a study needs before anything is run: which results exist, which are missing, what they cost.

Times are of one CPU or GPU; memory is the most that one job of the stage needs. A result that is "not needed" is a
training that is gone and that nothing missing reads.

With --against REF: the price of an edit. Compares the plan of the working tree with that of a commit, and
says which results the edit makes stale, because of which definition or option, which tables, figures and claims of
the paper that changes, and what making them costs."""
EXAMPLE = "hembench plan demo --against HEAD"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("study", help="name (config/NAME.yaml) or path of a study")
    parser.add_argument("--against", metavar="REF", help="compare with the plan of this commit")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--whole", action="store_true", help="print the whole plan as JSON: options and ingredients"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    loaded = load(arguments.study)
    if arguments.whole:
        print(json.dumps(loaded.plan.to_json()))
        return 0
    found = states(loaded.plan, lambda job: artefact.is_done(loaded.results / job.path))
    measured = list(_measured(loaded.results))
    if arguments.against:
        edit = compare(arguments.against, arguments.study, loaded)
        stale = [job for job in edit.stale if found[job.path] == "missing"]
        cost = price(stale, measured).to_json()
        print(
            json.dumps(edit.to_json() | {"cost": cost}, indent=1)
            if arguments.json
            else _edit_words(edit, found, measured)
        )
        return 0
    print(
        json.dumps(_document(loaded.plan, found, measured), indent=1)
        if arguments.json
        else _words(loaded, found, measured)
    )
    return 0


def _document(plan: Plan, found: dict[str, State], measured: list[Measured]) -> dict[str, Any]:
    jobs = [
        {"stage": job.stage, "cell": job.cell, "key": job.key, "state": found[path], "path": path}
        for path, job in plan.jobs.items()
    ]
    missing = [job for path, job in plan.jobs.items() if found[path] == "missing"]
    stages = price_by_stage(missing, measured)
    return {
        "study": plan.study,
        "jobs": jobs,
        "cost": sum(stages.values(), Cost()).to_json(),
        "cost_by_stage": {stage: cost.to_json() for stage, cost in stages.items()},
    }


def _words(loaded: Loaded, found: dict[str, State], measured: list[Measured]) -> str:
    plan = loaded.plan
    missing = [job for path, job in plan.jobs.items() if found[path] == "missing"]
    costs = price_by_stage(missing, measured)
    lines = [f"study {plan.study}: results in {loaded.results}", "", *_table(plan, found, costs), ""]
    total = sum(costs.values(), Cost())
    lines.append(f"to run: {total.words()}" if missing else "nothing to run: every result exists")
    if total.estimated_jobs:
        lines.append("~ an estimate, at least in part: nothing like it was made here before")
    to_fetch = [name for name in needed(plan, loaded.results) if absent(name, loaded.data)]
    if to_fetch:
        lines.append(f"to fetch first, into {loaded.data}: {', '.join(to_fetch)} (hembench data list)")
        lines.append("raw files are in no figure above: neither their size nor the time that they take to come")
    return "\n".join(lines)


def _table(plan: Plan, found: dict[str, State], costs: Mapping[str, Cost]) -> Iterator[str]:
    """Give a line for each stage: how many results there are, and what making the missing ones costs."""
    gpu = any(cost.gpu_hours for cost in costs.values())
    head = f"{'stage':9}{'jobs':>6}{'done':>6}{'missing':>8}{'not needed':>12}"
    if costs:
        head += f"{'CPU time':>10}" + (f"{'GPU time':>10}" if gpu else "") + f"{'disk':>10}{'memory':>9}"
    yield head
    for stage in dict.fromkeys(job.stage for job in plan.jobs.values()):
        count = Counter(found[job.path] for job in plan.of_stage(stage))
        line = f"{stage:9}{count.total():6}{count['done']:6}{count['missing']:8}{count['not needed']:12}"
        if stage in costs:
            cost = costs[stage]
            rough = "~" if cost.estimated_jobs else ""
            hours = (cost.cpu_hours, cost.gpu_hours) if gpu else (cost.cpu_hours,)
            line += "".join(f"{rough + _time(one) if one else '-':>10}" for one in hours)
            line += f"{rough + size(cost.bytes):>10}{rough + size(cost.memory) if cost.memory else '-':>9}"
        yield line


def _time(hours: float) -> str:
    seconds = 3600 * hours
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if hours < 1 else f"{hours:.1f} h"


def _edit_words(edit: Edit, found: dict[str, State], measured: list[Measured]) -> str:
    if not edit.stale and not edit.gone:
        return f"nothing is stale: every one of {edit.kept} results is the same as at {edit.reference}"
    count = Counter(job.stage for job in edit.stale)
    lines = [f"against {edit.reference}: {edit.kept} results are kept, {len(edit.stale)} are other ones", ""]
    lines += [f"  {stage:10}{number:5}  {_cells(edit, stage)}" for stage, number in count.items()]
    lines += [f"  no longer in the study: {len(edit.gone)}"] if edit.gone else []
    lines += _shown(edit)
    lines += ["", "because of"] + [f"  {line}" for line in causes(edit.causes)]
    exist = sum(found[job.path] != "missing" for job in edit.stale)
    missing = [job for job in edit.stale if found[job.path] == "missing"]
    lines += ["", f"to run: {price(missing, measured).words()}"]
    lines += [f"{exist} of them exist already (made before, or not needed)"] if exist else []
    return "\n".join(lines)


def _shown(edit: Edit) -> Iterator[str]:
    """Give what people will see differently, by name."""
    parts = {"tables": edit.pages("table"), "figures": edit.pages("figure"), "claims": edit.claims}
    if any(parts.values()):
        yield from ("", "changes for readers")
    for kind, names in parts.items():
        if names:
            yield fill(", ".join(names), 100, initial_indent=f"  {kind:10}", subsequent_indent=12 * " ")


def _cells(edit: Edit, stage: str) -> str:
    return listed([job.cell for job in edit.stale if job.stage == stage])


def _measured(results: Path) -> Iterator[Measured]:
    for path in results.glob(f"*/*/*/{artefact.MANIFEST}"):
        manifest = artefact.read_manifest(path.parent)
        result = Measured.of(manifest) if manifest and "run" in manifest else None
        if result is not None:
            yield result
