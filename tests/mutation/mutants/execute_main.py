"""Executes mutants: makes results of a frozen plan with one definition changed, and compares bytes.

Usage: execute_main.py PACKAGE PLAN WANTED OUT. WANTED holds {"jobs": [[stage, cell, key, file, kind], ...],
"definitions": [[module, name, [kind, ...]], ...]}. Of each mutant the jobs of these kinds are made; the other
results are those of the unchanged code. OUT gets {"module.name what was done": {kind: [outcome of each job]}}:
"same bytes", "failed: ...", or else "other bytes: ...". A mutant has results and data of its own, and is a fork;
where that dies, another one goes on.
"""

from __future__ import annotations

import builtins
import hashlib
import importlib
import importlib.abc
import importlib.util
import itertools
import json
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mutants.definitions import harsh, modules, of_module, perturbed
from mutants.trace_main import STOPPED, forked, warm

SLEEPS, CPU_SECONDS, SECONDS = 100, 6, 120
"""After so many long sleeps, which take no time here, or seconds, a job that goes on for ever has failed."""

ALL = "*"
"""In the place of kinds of jobs: all of them, and a training goes on along its chain."""


class Replaced(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a text, all others from their files."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        self._module, self._path, self._source = module, str(path), source

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name == self._module else None

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        module.__file__ = self._path
        exec(compile(self._source, self._path, "exec", dont_inherit=True), module.__dict__)


class Job(NamedTuple):
    """A job of the plan, the file of its stage, and what it counts as here (``stale.kind``)."""

    stage: str
    cell: str
    key: str
    file: str
    kind: str


@dataclass(frozen=True)
class Wanted:
    """What to make.

    Attributes:
        package: folder of the package.
        plan: plan.json of a frozen plan.
        jobs: of all its results, inputs before their readers.
        reference: folder of the unchanged code's results and data; made by the first run.
    """

    package: Path
    plan: Path
    jobs: Sequence[Job]
    reference: Path


def sleeper(sleep: Callable[[float], None]) -> Callable[[float], None]:
    """Return a ``time.sleep`` for those who wait for somebody: nobody else is here."""
    slept = itertools.count()

    def sleeping(seconds: float) -> None:
        if seconds < 0.5:  # subprocess looks at its child in short intervals
            sleep(seconds)
        elif next(slept) > SLEEPS:
            os._exit(75)

    return sleeping


def prepare(wanted: Wanted, folder: Path) -> None:
    """Make what a run of its own needs: its plan, which says where results and data are, and its code."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    plan = json.loads(wanted.plan.read_bytes())
    plan["settings"] |= {"results": str(folder / "results"), "data": str(folder / "data")}
    (folder / "plan.json").write_text(json.dumps(plan))
    shutil.copy(wanted.plan.with_name("jobs.tsv"), folder)
    (folder / "src").symlink_to(wanted.package.parent)  # a job's code has to be its plan's
    (folder / "outcomes").touch()


def make(wanted: Wanted, folder: Path, kinds: Sequence[str], replaced: Replaced | None = None) -> list[str]:
    """Make the jobs of some kinds, in forks of this process; return what came of each job, in their order."""
    prepare(wanted, folder)
    outcomes: list[str] = []
    stops = True
    while len(outcomes) < len(wanted.jobs):
        rest = wanted.jobs[len(outcomes) :]
        status = forked(partial(go_on, wanted, folder, kinds, rest, replaced, stops))
        outcomes = (folder / "outcomes").read_text().split("\n")[:-1]
        if len(outcomes) == len(wanted.jobs):
            break
        job = wanted.jobs[len(outcomes)]
        if not status:
            raise SystemExit(f"{job[0]}: a fork ended before its jobs, with status 0")
        if stops and status == -signal.SIGTERM:
            stops = False  # our own signal has killed it: it is tried again, as Snakemake does
            continue
        stops = True
        settle(wanted, folder, job)
        note(folder, f"failed: {status}")
        outcomes.append(f"failed: {status}")
    return outcomes


def note(folder: Path, outcome: str) -> None:
    with (folder / "outcomes").open("a") as stream:
        print(outcome, file=stream)


def go_on(
    wanted: Wanted,
    folder: Path,
    kinds: Sequence[str],
    jobs: Sequence[Job],
    replaced: Replaced | None,
    stops: bool,
) -> int:
    """Make jobs one after another and note the outcome of each; one that has failed, or is not asked for, is taken
    from the reference. Those that keep a state are stopped once; the first of them only where ``stops``.
    """
    time.sleep = sleeper(time.sleep)
    os.environ["HEMBENCH_PLAN"] = str(folder / "plan.json")
    log = os.open(folder / "log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    builtins.__perturbed__ = perturbed  # type: ignore[attr-defined]
    if replaced:
        sys.meta_path.insert(0, replaced)
    for job in jobs:
        signal.alarm(SECONDS)
        limit = int(time.process_time()) + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        stopped = job.file in STOPPED and (stops or job != jobs[0])
        outcome = "not made"
        if {job.kind, ALL} & {*kinds}:
            outcome = made(wanted, folder, job, chain=ALL in kinds, stopped=stopped)
        if outcome != "same bytes":
            settle(wanted, folder, job)
        note(folder, outcome)
    return 0


def made(wanted: Wanted, folder: Path, job: Job, chain: bool, stopped: bool) -> str:
    """Make one job, if wanted stopped at its first safe point and gone on with; say what came of it."""
    status: object = 0
    try:
        from hembench.cli import main

        command = ["run", *job[:3], *([] if chain else ["--no-chain"])]
        for stops in [True, False] if stopped else [False]:
            stopping(job.file, stops)
            status = main(command)
            if stops and status not in (0, 128 + signal.SIGTERM):
                break
    except BaseException as error:
        status = repr(error)
    # Snakemake asks for the marker
    failed = bool(status) or not (folder / "results" / Path(*job[:3]) / "done").exists()
    found, expected = (contents(wanted, each, job) for each in (folder, wanted.reference))
    # Where a job has failed, what it has published all the same must be right.
    other = sorted(path for path in (found if failed else expected) if found.get(path) != expected.get(path))
    return f"other bytes: {' '.join(other)}" if other else f"failed: {status}" if failed else "same bytes"


def stopping(file: str, stops: bool) -> None:
    """Have the next run of a stage stopped by a signal at its first safe point, or not."""
    stage = importlib.import_module(f"hembench.stages.{file}")
    compute = getattr(stage.compute, "whole", stage.compute)

    def stopped(inputs: Any, options: Any) -> Any:
        return compute(replace(inputs, state=_Stopping(inputs.state)), options)

    stopped.whole = compute  # type: ignore[attr-defined]
    stage.compute = stopped if stops else compute  # type: ignore[attr-defined]


class _Stopping:
    """A checkpoint that brings a signal with the first question."""

    def __init__(self, state: Any) -> None:
        self._state, self._asked = state, False

    def __getattr__(self, name: str) -> Any:
        if name == "due" and not self._asked:
            self._asked = True
            os.kill(os.getpid(), signal.SIGTERM)
        return getattr(self._state, name)


def settle(wanted: Wanted, folder: Path, job: Job) -> None:
    """Put the reference's result (and raw data) in the place of what was not made, or not right."""
    place = Path("results", *job[:3])
    shutil.rmtree(folder / place, ignore_errors=True)
    shutil.copytree(wanted.reference / place, folder / place)
    if job[0] == "fetch":
        shutil.copytree(wanted.reference / "data", folder / "data", dirs_exist_ok=True)


def contents(wanted: Wanted, folder: Path, job: Job) -> dict[str, str]:
    """Return the sha256 of a published result's files, by path: those that the reference's manifest names."""
    place = Path("results", *job[:3])
    if not any((folder / place / name).exists() for name in ("done", "manifest.json")):
        return {}
    names = json.loads((wanted.reference / place / "manifest.json").read_bytes())["files"]
    paths = [folder / place / name for name in sorted(names)]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path.is_file()
    }


def main() -> None:
    package, plan, wanted_file, out = (Path(argument) for argument in sys.argv[1:])
    os.environ |= {"OMP_NUM_THREADS": "1", "HEMBENCH_STATE_SECONDS": "0"}
    warm()
    document = json.loads(wanted_file.read_bytes())
    jobs = [Job(*each) for each in document["jobs"]]
    wanted = Wanted(package, plan, jobs, out.parent / "reference")
    sources = modules(package)
    sys.path.insert(0, str(package.parent))
    if set(make(wanted, wanted.reference, [ALL])) != {"same bytes"}:
        raise SystemExit(f"the unchanged code:\n{(wanted.reference / 'log').read_text()}")
    outcomes: dict[str, dict[str, list[str]]] = {}
    for module, name, kinds in document["definitions"]:
        source = sources[module].read_text(encoding="utf-8")
        (definition,) = (each for each in of_module(module, source) if each.name == name)
        for words, text in harsh(source, definition):
            found = make(wanted, out.parent / "mutant", kinds, Replaced(module, sources[module], text))
            of_kind = outcomes.setdefault(f"{module}.{name} {words}", {})
            for job, outcome in zip(jobs, found, strict=True):
                if outcome != "not made":
                    of_kind.setdefault(job.kind, []).append(outcome)
        out.write_text(json.dumps(outcomes, indent=1))  # each time: who waits can see how far it is


if __name__ == "__main__":
    main()
