"""Cold and warm start on the demo's jobs, and a content cut-off, all in one run.

Usage: python benchmarks/starting.py [CELLS]

Cells of the demo (a training, its prediction and two attacks, chained), four by default, are made twice from the
same frozen code. *Cold*: each in a process of its own, as every profile does. *Warm*: each in a child of one
process with everything imported before. Both must give the same bytes. Then one network is trained anew under
another key, and comes out the same: the jobs that read it take the earlier results over (``store.adopt``); each is
timed from its start as a job of the workflow. CPU seconds, and the clock's.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
READ_IT = ("predict", "attack")
RUN = ("-m", "hembench", "run")

IMPORTED = (
    "hembench.attacks.autoattack_paper",
    "hembench.commands.run",
    "hembench.engine.loop",
    "hembench.networks.mlp",
    "hembench.optimisers.adam",
    "hembench.stages.attack",
    "hembench.stages.driver",
    "hembench.stages.predict",
    "hembench.stages.train",
    "hembench.tasks.classification",
    "torchattacks",
)
"""What the warm process imports: what jobs of these cells import."""


def spent(start: Callable[..., int], *arguments: str) -> tuple[float, float]:
    """Return the CPU seconds and seconds of the process that ``start`` starts, and numbers; end if it fails."""
    begun = time.perf_counter()
    _, status, used = os.wait4(start(*arguments), 0)
    if status:
        sys.exit(f"a job failed: status {status}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - begun


def show(what: str, cpu: float, wall: float) -> None:
    print(f"  {what:64}{cpu:7.2f} CPU-s {wall:7.2f} s", flush=True)


def prepare(folder: Path, again: bool) -> None:
    """Make the demo's sets and freeze its plan; print where it is, its cells, and the jobs of the first cell.

    Args:
        folder: of results, raw data and reports.
        again: freeze a plan of the first cell alone, whose training has another key: as if its code were another.
    """
    os.environ |= {f"HEMBENCH_{name.upper()}": str(folder / name) for name in ("results", "data", "reports")}
    from hembench.commands._study import load
    from hembench.core.plugins import PACKAGE
    from hembench.plan.jobs import by_path
    from hembench.stages.driver import Driver
    from hembench.store.frozen import freeze

    loaded = load(str(ROOT / "config" / "demo.yaml"))
    plan = loaded.plan
    for stage in ("fetch", "prepare"):
        for job in plan.of_stage(stage):
            Driver(plan, loaded.results, loaded.data).make(job)
    trainings = plan.of_stage("train")
    first = trainings[0]
    readers = [plan.jobs[path] for path in plan.readers(first.path) if plan.jobs[path].stage in READ_IT]
    if again:
        new = replace(first, ingredients={**first.ingredients, "schema": "another"})
        for number, job in enumerate(readers):
            keys = {**job.ingredients["inputs"], "network": new.key}
            ingredients = {**job.ingredients, "inputs": keys}
            readers[number] = replace(job, inputs={**job.inputs, "network": new.path}, ingredients=ingredients)
        others = [job for job in plan.jobs.values() if job.stage in ("fetch", "prepare")]
        plan, first = replace(plan, jobs=by_path([*others, new, *readers])), new
    told = {
        "plan": str(freeze(plan, loaded.results, PACKAGE)),
        "cells": [job.cell for job in trainings],
        "jobs": [[job.stage, job.cell, job.key] for job in (first, *readers)],
    }
    print(json.dumps(told))


def prepared(folder: Path, *more: str) -> dict[str, Any]:
    """Return what :func:`prepare` has told, in a process of its own."""
    command = [sys.executable, __file__, "--prepare", str(folder), *more]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    told: dict[str, Any] = json.loads(answer)
    return told


def job(plan: str, *arguments: str) -> int:
    """Start Python with ``arguments`` from the frozen code, as the workflow starts a job; return its number."""
    environment = {
        **os.environ,
        "HEMBENCH_PLAN": plan,
        "PYTHONPATH": str(Path(plan).parent / "src"),
        "PYTHONSAFEPATH": "1",
        "OMP_NUM_THREADS": "1",
    }
    with (Path(plan).parents[2] / "messages.txt").open("ab") as messages:
        return subprocess.Popen(
            [sys.executable, *arguments], env=environment, stdout=messages, stderr=messages
        ).pid


def warm(cells: list[str], record: Path) -> None:
    """Import everything, make each cell in a child, and record what the imports and each child took."""
    begun = time.perf_counter()
    for name in IMPORTED:
        importlib.import_module(name)
    command = importlib.import_module("hembench.cli").main
    times = os.times()
    took = [(times.user + times.system, time.perf_counter() - begun)]

    def child(cell: str) -> int:
        number = os.fork()
        if number == 0:
            os._exit(command(["run", "train", cell]))
        return number

    took += [spent(child, cell) for cell in cells]
    record.write_text(json.dumps(took))


def files(results: Path) -> dict[str, bytes]:
    """Return every file of every training, prediction and attack but what tells of time and place."""
    found = [path for stage in ("train", *READ_IT) for path in (results / stage).glob("*/*/*")]
    told = ("manifest.json", "environment.json")
    return {str(path.relative_to(results)): path.read_bytes() for path in found if path.name not in told}


def starts(folder: Path, count: int) -> None:
    """Make ``count`` cells cold and warm, and print what they took."""
    cold, warmed = prepared(folder / "cold"), prepared(folder / "warm")
    cells = cold["cells"][:count]
    print(f"{count} cells of the demo: a training, a prediction and two attacks each")
    took = [spent(job, cold["plan"], *RUN, "train", cell) for cell in cells]
    show("cold: a process for each cell", *map(sum, zip(*took, strict=True)))
    show("cold, one cell", *(sum(column) / count for column in zip(*took, strict=True)))
    record = folder / "warm" / "took.json"
    spent(job, warmed["plan"], __file__, "--warm", str(record), *cells)
    imports, *took = json.loads(record.read_text())
    show("warm: what is imported, once", *imports)
    show("warm: a child for each cell", *map(sum, zip(*took, strict=True)))
    show("warm, one cell", *(sum(column) / count for column in zip(*took, strict=True)))
    made = files(folder / "cold" / "results")
    if not made or made != files(folder / "warm" / "results"):
        sys.exit("cold and warm gave other results")


def cut_off(folder: Path) -> None:
    """Train the first cell's network anew under another key, and print what the jobs take that read it."""
    told = prepared(folder / "cold", "--again")
    (stage, cell, key), *readers = told["jobs"]
    print("the first cell's network is trained anew and comes out the same")
    took = spent(job, told["plan"], *RUN, stage, cell, key, "--no-chain")
    show("training", *took)
    for stage, cell, key in readers:
        took = spent(job, told["plan"], *RUN, stage, cell, key)
        manifest = json.loads((folder / "cold" / "results" / stage / cell / key / "manifest.json").read_text())
        if "adoption" not in manifest:
            sys.exit(f"{stage} {cell} was not taken over")
        show(f"{stage}: its earlier result is taken over", *took)


def main() -> None:
    match sys.argv[1:]:
        case ["--prepare", folder, *more]:
            prepare(Path(folder), again=bool(more))
        case ["--warm", record, *cells]:
            warm(cells, Path(record))
        case arguments:
            with tempfile.TemporaryDirectory() as folder:
                for name in ("cold", "warm"):
                    (Path(folder) / name).mkdir()
                starts(Path(folder), int(arguments[0]) if arguments else 4)
                cut_off(Path(folder))


if __name__ == "__main__":
    main()
