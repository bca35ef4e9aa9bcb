"""Executes mutants: makes the first results of a frozen plan with one definition changed, and compares bytes.

Usage: execute_main.py PACKAGE PLAN WANTED OUT. WANTED holds {"jobs": [[stage, cell, key], ...], "definitions":
[[module, name], ...]}. OUT gets {"module.name: what was done": outcome}: "same bytes", "failed: ...", or else
"other bytes: ...". Each mutant is a fork with results and data of its own.
"""

from __future__ import annotations

import builtins
import hashlib
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
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mutants.definitions import harsh, modules, of_module, perturbed
from mutants.trace_main import forked, warm

SLEEPS, CPU_SECONDS, SECONDS = 100, 20, 300
"""After so many long sleeps, which take no time here, or seconds, a mutant that goes on for ever has failed."""


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


def sleeper(sleep: Callable[[float], None]) -> Callable[[float], None]:
    """Return a ``time.sleep`` for those who wait for somebody: nobody else is here."""
    slept = itertools.count()

    def sleeping(seconds: float) -> None:
        if seconds < 0.5:  # subprocess looks at its child in short intervals
            sleep(seconds)
        elif next(slept) > SLEEPS:
            os._exit(75)

    return sleeping


def make(jobs: list[list[str]], plan_file: Path, folder: Path, replaced: Replaced | None) -> int:
    """Make the jobs, in one process; a training is stopped by a signal at its first safe point, and goes on."""
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    time.sleep = sleeper(time.sleep)
    folder.mkdir(parents=True)
    plan = json.loads(plan_file.read_bytes())
    plan["settings"] |= {"results": str(folder / "results"), "data": str(folder / "data")}
    (folder / "plan.json").write_text(json.dumps(plan))
    shutil.copy(plan_file.with_name("jobs.tsv"), folder)
    (folder / "src").symlink_to(Path(sys.argv[1]).parent)  # a job's code has to be its plan's
    os.environ["HEMBENCH_PLAN"] = str(folder / "plan.json")
    log = os.open(folder / "log", os.O_CREAT | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    builtins.__perturbed__ = perturbed  # type: ignore[attr-defined]
    if replaced:
        sys.meta_path.insert(0, replaced)
    from hembench.cli import main

    for job in jobs:
        status = stopped(job) if job[0] == "train" else 0
        if status not in (0, 128 + signal.SIGTERM):
            return status
        status = main(["run", *job])
        if status or not (folder / "results" / Path(*job) / "done").exists():
            return status or 1  # Snakemake asks for the marker
    return 0


def stopped(job: list[str]) -> int:
    """Run a job that is stopped by a signal at its first safe point."""
    from hembench.cli import main
    from hembench.engine.loop import Trainer

    whole = Trainer._end_epoch, Trainer._train_on

    def train_on(self: Any, *given: Any) -> None:
        whole[1](self, *given)
        os.kill(os.getpid(), signal.SIGTERM)

    Trainer._train_on = train_on  # type: ignore[method-assign]
    try:
        return main(["run", *job])
    finally:
        Trainer._train_on = whole[1]  # type: ignore[method-assign]


def contents(jobs: list[list[str]], folder: Path, names: Collection[str] = ()) -> dict[str, str]:
    """Return the sha256 of the content files of published results: those that manifests name, or ``names``."""
    found = {}
    for job in jobs:
        place = "/".join(job)
        artefact = folder / "results" / place
        if (artefact / "done").exists() or (artefact / "manifest.json").exists():
            named = json.loads((artefact / "manifest.json").read_bytes())["files"] if not names else ()
            for path in names or [f"{place}/{name}" for name in named]:
                file = folder / "results" / path
                if path.startswith(f"{place}/") and file.is_file():
                    found[path] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def main() -> None:
    package, plan_file, wanted_file, out = (Path(argument) for argument in sys.argv[1:])
    os.environ |= {"OMP_NUM_THREADS": "1", "HEMBENCH_STATE_SECONDS": "0"}
    warm()
    wanted = json.loads(wanted_file.read_bytes())
    jobs, files = wanted["jobs"], modules(package)
    sys.path.insert(0, str(package.parent))
    reference, folder = out.parent / "reference", out.parent / "mutant"
    if status := forked(partial(make, jobs, plan_file, reference, None)):
        raise SystemExit(f"the unchanged code: status {status}\n{(reference / 'log').read_text()}")
    expected = contents(jobs, reference)
    outcomes = {}
    for module, name in wanted["definitions"]:
        source = files[module].read_text(encoding="utf-8")
        (definition,) = (each for each in of_module(module, source) if each.name == name)
        for words, text in harsh(source, definition):
            shutil.rmtree(folder, ignore_errors=True)
            status = forked(partial(make, jobs, plan_file, folder, Replaced(module, files[module], text)))
            outcomes[f"{module}.{name} {words}"] = outcome(status, expected, contents(jobs, folder, expected))
    out.write_text(json.dumps(outcomes, indent=1))


def outcome(status: int, expected: dict[str, str], found: dict[str, str]) -> str:
    """Say what came of a mutant. Where a job has failed, what others have published must be right all the same."""
    published = found if status else expected
    other = sorted(path for path in published if found.get(path) != expected.get(path))
    return f"other bytes: {other}" if other else f"failed: {status}" if status else "same bytes"


if __name__ == "__main__":
    main()
