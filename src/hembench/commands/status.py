"""The grid of a study, live: what is done, under way, failed and why."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from hembench.commands._study import Loaded, load
from hembench.core.errors import ConfigError
from hembench.plan.jobs import Job, Plan
from hembench.plan.state import states
from hembench.store.survey import Seen, survey

HELP = """Show how a study's jobs stand: a row for each condition and variant, a column for each stage.

"3/5" is three results of five; behind it: r running, f failed, s stopped with its state saved. Below: where each
running job is and how long it will take, why jobs failed, and their logs. Read from the results folder alone, so
jobs of other machines and of other clones are shown, too. Results are those of the study and code as they are now:
what a run that began before an edit still makes is another result.

A job that failed before it began on its result has left no word there: it is shown as waiting. The run's own
lines (its screen, .snakemake/log) say why SLURM refused or ended it; its log in results/logs
and .snakemake/slurm_logs/rule_STAGE_result/CELL_KEY/ say why it was lost on its node."""
EXAMPLE = "hembench status demo --watch"

OF_CELLS = ("train", "predict", "attack", "evaluate")
"""Stages with a column of the grid; the others are counted in one line."""

LISTED = 12
"""Entries of a list of running, failed or stopped jobs that are printed."""

ROWS = 40
"""Rows above which the grid shows those alone in which something has begun and is not finished."""


@dataclass(frozen=True)
class Place:
    """Where a job is in the grid: its condition, and its variant and seed where it is of one cell."""

    condition: str
    variant: str = ""
    seed: int | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("study", help="name (config/NAME.yaml) or path of a study")
    parser.add_argument(
        "--watch",
        type=float,
        nargs="?",
        const=5.0,
        metavar="SECONDS",
        help="draw it again every few seconds (default: 5) until everything is done or Ctrl-C",
    )
    parser.add_argument(
        "--all", action="store_true", help="every row of a large grid, every running and failed job"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    if arguments.watch is not None and (arguments.json or not arguments.watch > 0):
        raise ConfigError("--watch takes a number of seconds above 0, and goes with no --json.")
    loaded = load(arguments.study)
    try:
        while True:
            rows = table(loaded)
            if arguments.json:
                print(json.dumps(_document(loaded, rows), indent=1))
                return 0
            if arguments.watch and sys.stdout.isatty():
                print("\x1b[H\x1b[2J", end="")
            print(words(loaded, rows, arguments.all), flush=True)
            if not arguments.watch or all(row.standing in ("done", "not needed") for row in rows):
                return 0
            time.sleep(arguments.watch)
            print()
    except KeyboardInterrupt:
        return 0


@dataclass(frozen=True)
class Row:
    """One job, where it is in the grid, and how it stands (``Seen.standing``, or "not needed")."""

    job: Job
    place: Place | None
    standing: str
    seen: Seen


def table(loaded: Loaded) -> list[Row]:
    """Return a row for every job of the plan, in its order."""
    plan = loaded.plan
    seen = survey(loaded.results, plan.jobs.values())
    known = states(plan, lambda job: seen[job.path].standing == "done")
    places = _places(plan)
    return [
        Row(job, places.get(path), _standing(known[path], seen[path]), seen[path])
        for path, job in plan.jobs.items()
    ]


def _standing(known: str, seen: Seen) -> str:
    return "not needed" if known == "not needed" and seen.standing == "waiting" else seen.standing


def _places(plan: Plan) -> dict[str, Place]:
    """Return path -> place of the jobs that belong to a condition."""
    cells: dict[str, Place] = {}
    places: dict[str, Place] = {}
    for job in plan.of_stage("evaluate"):
        places[job.path] = Place(job.cell)
        for name, cell in job.options["cells"].items():
            if name.startswith(
                f"{job.cell}-{cell['variant']}-"
            ):  # else it is another condition's, measured here too
                cells[name] = Place(job.cell, cell["variant"], cell["seed"])
    networks = {job.path: job.cell for job in plan.of_stage("train")}
    for path, job in plan.jobs.items():
        cell = networks.get(path) or networks.get(job.inputs.get("network", ""))
        if cell in cells:
            places[path] = cells[cell]
    return places


def _document(loaded: Loaded, rows: list[Row]) -> dict[str, Any]:
    return {
        "study": loaded.plan.study,
        "results": str(loaded.results),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "count": dict(Counter(row.standing for row in rows)),
        "jobs": [
            {
                "stage": row.job.stage,
                "cell": row.job.cell,
                "key": row.job.key,
                "path": row.job.path,
                **(asdict(row.place) if row.place else {}),
                **asdict(row.seen),
                "standing": row.standing,
            }
            for row in rows
        ],
    }


def words(loaded: Loaded, rows: list[Row], everything: bool = False) -> str:
    """Return the grid and the lists below it as text."""
    count = Counter(row.standing for row in rows)
    order = ("done", "running", "failed", "stopped", "waiting", "not needed")
    total = ", ".join(f"{count[standing]} {standing}" for standing in order if count[standing])
    lines = [f"study {loaded.plan.study} at {datetime.now():%H:%M:%S}: {total}; results in {loaded.results}", ""]
    lines += _grid(rows, everything)
    rest: dict[str, list[Row]] = {}
    for row in rows:
        if row.job.stage not in OF_CELLS:
            rest.setdefault(row.job.stage, []).append(row)
    lines += ["", "   ".join(f"{stage} {_share(of)}" for stage, of in rest.items())] if rest else []
    for standing in ("running", "failed", "stopped"):
        lines += _list(standing, [row for row in rows if row.standing == standing], everything)
    return "\n".join(lines)


def _grid(rows: list[Row], everything: bool) -> Iterator[str]:
    grid: dict[tuple[str, str], dict[str, list[Row]]] = {}
    for row in rows:
        if row.place and row.place.variant:
            grid.setdefault((row.place.condition, row.place.variant), {}).setdefault(row.job.stage, []).append(row)
    evaluated = {row.job.cell: row for row in rows if row.job.stage == "evaluate"}
    shown = [name for name, of in grid.items() if everything or len(grid) <= ROWS or _begun(of)]
    width = [max((len(name[part]) for name in shown), default=0) + 2 for part in (0, 1)]
    stages = [stage for stage in OF_CELLS if stage == "evaluate" or any(stage in of for of in grid.values())]
    if shown:
        yield " " * sum(width) + "".join(f"{stage:14}" for stage in stages).rstrip()
    before = ""
    for condition, variant in shown:
        of = grid[condition, variant]
        entries = {stage: _share(of.get(stage, [])) for stage in stages}
        first = condition != before
        entries["evaluate"] = _share([evaluated[condition]]) if first and condition in evaluated else ""
        name = f"{condition if first else '':{width[0]}}{variant:{width[1]}}"
        yield (name + "".join(f"{entries[stage]:14}" for stage in stages)).rstrip()
        before = condition
    if len(shown) < len(grid):
        left = [of for name, of in grid.items() if name not in set(shown)]
        finished = sum(not _waiting(of) for of in left)
        yield f"rows: {finished} finished, {len(left) - finished} not begun (--all shows them)"


def _begun(of: dict[str, list[Row]]) -> bool:
    """Tell whether something of a row is under way, failed, stopped, or done while something else waits."""
    standings = {row.standing for part in of.values() for row in part}
    return bool(standings & {"running", "failed", "stopped"}) or ("done" in standings and "waiting" in standings)


def _waiting(of: dict[str, list[Row]]) -> bool:
    return any(row.standing == "waiting" for part in of.values() for row in part)


def _share(rows: list[Row]) -> str:
    """Return "3/5 2r 1f"; results that nobody needs any more count as done."""
    count = Counter(row.standing for row in rows)
    others = [f"{count[name]}{name[0]}" for name in ("running", "failed", "stopped") if count[name]]
    return " ".join([f"{count['done'] + count['not needed']}/{len(rows)}", *others]) if rows else "-"


def _list(standing: str, rows: list[Row], everything: bool) -> Iterator[str]:
    if not rows:
        return
    yield from ("", f"{standing}:")
    for row in rows if everything else rows[:LISTED]:
        yield f"  {row.job.stage} {row.job.cell}: {_story(row.seen)}"
        if standing in ("failed", "stopped") and row.seen.log:
            yield f"      {row.seen.log}"
    if len(rows) > LISTED and not everything:
        yield f"  and {len(rows) - LISTED} more (--all)"


def _story(seen: Seen) -> str:
    at = f"{seen.progress.words}, {100 * seen.progress.share:.0f} %" if seen.progress else ""
    if seen.standing == "running":
        togo = _duration(seen.progress.seconds) + " to go" if seen.progress and seen.progress.seconds else ""
        quiet = f"no heartbeat for {_duration(seen.beat)}" if seen.beat and seen.beat > 60 else ""
        return "; ".join(part for part in (at, togo, seen.owner, quiet) if part)
    if seen.standing == "failed":
        return seen.reason.strip().replace("\n", "\n      ")
    return "; ".join(part for part in (f"at {at}" if at else "", seen.reason, "its state is saved") if part)


def _duration(seconds: float | None) -> str:
    """Return "40 s", "12 min", "3.5 h"."""
    value = seconds or 0.0
    if value < 100:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 6000 else f"{value / 3600:.1f} h"
