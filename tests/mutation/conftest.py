"""A copy of the project whose study was really run, every job watched, and the plan's verdict on every mutant.

All of it is made once and takes minutes: these tests are slow, and run in one process.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from mutants import stale
from mutants.definitions import Definition
from mutants.studies import STUDY, copied
from mutants.touched import DRIVER, SCIENCE, Package, Uses
from mutants.trace_main import STOPPED

from hembench.plan.jobs import Job, Plan
from hembench.store.frozen import freeze

MUTANTS = Path(__file__).parent / "mutants"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@dataclass
class Traced:
    """A study that was run, each job watched.

    Attributes:
        root: the copy of the project.
        plan: of the study.
        science, driver: what each job's stage does with definitions, and what all around it does.
        options: paths of the options that each job reads.
        opened: files that each job opens.
    """

    root: Path
    plan: Plan
    package: Package
    science: dict[stale.Name, Uses] = field(default_factory=dict)
    driver: dict[stale.Name, Uses] = field(default_factory=dict)
    options: dict[stale.Name, set[str]] = field(default_factory=dict)
    opened: dict[stale.Name, set[str]] = field(default_factory=dict)

    @cached_property
    def jobs(self) -> dict[stale.Name, Job]:
        return stale.by_name(self.plan)

    @cached_property
    def ancestors(self) -> dict[stale.Name, frozenset[stale.Name]]:
        return stale.ancestors(self.plan)

    def using(self, verdict: stale.Verdict) -> set[stale.Name]:
        """Return the jobs that use the definition, or are told of it by the plan."""
        place = verdict.definition.module, verdict.definition.name
        return {name for name, uses in self.science.items() if place in uses.used} | verdict.told

    def touching(self, definition: Definition, side: str) -> set[stale.Name]:
        place = definition.module, definition.name
        of_side = self.science if side == SCIENCE else self.driver
        return {name for name, uses in of_side.items() if place in uses.touched}

    def followed_by(self, names: set[stale.Name]) -> set[stale.Name]:
        """Return these jobs and all that is made from them."""
        return {name for name, above in self.ancestors.items() if above & names}


@pytest.fixture(scope="session")
def run_main() -> Callable[..., None]:
    """Return a function that runs a program of ``mutants`` in a process of its own."""

    def run(program: str, *arguments: Any) -> None:
        command = [sys.executable, MUTANTS / program, *arguments]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"

    return run


@pytest.fixture(scope="session")
def traced(project: Path, tmp_path_factory: pytest.TempPathFactory, run_main: Callable[..., None]) -> Traced:
    root = copied(project, tmp_path_factory.mktemp("traced") / "project")
    package = root / "src" / "hembench"
    plan = stale.plan(root, STUDY)
    frozen = freeze(plan, root / "results", package)
    names = [[job.stage, job.cell, job.key, job.file] for job in plan.jobs.values()]
    (root / "jobs.json").write_text(json.dumps(names))
    watched = root / "watched"  # the plan of the very code that is traced: a job's code has to be its plan's
    watched.mkdir()
    for part in ("plan.json", "jobs.tsv"):
        shutil.copy(frozen.with_name(part), watched)
    (watched / "src").symlink_to(root / "src")
    run_main("trace_main.py", package, watched / "plan.json", root / "jobs.json", root / "trace")
    traced = Traced(root, plan, Package(package))
    for job in plan.jobs.values():
        name = job.stage, job.cell
        touched: dict[str, list[list[str]]] = defaultdict(list)
        traced.options[name], traced.opened[name] = set(), set()
        parts = sorted((root / "trace").glob(f"{job.cell}.{job.key}-*.json"))
        assert len(parts) == (2 if job.file in STOPPED else 1)
        for part in parts:
            document = json.loads(part.read_bytes())
            for place, touches in document["touched"].items():
                touched[place] += touches
            traced.options[name] |= set(document["options"])
            traced.opened[name] |= set(document["opened"])
        entries = [f"hembench.stages.{job.file}"]
        entries += [f"hembench.{kind}.{plugin}" for kind, plugin, _ in job.plugins.values()]
        traced.science[name] = traced.package.uses(touched, SCIENCE, entries)
        traced.driver[name] = traced.package.uses(touched, DRIVER)
    return traced


@pytest.fixture(scope="session")
def verdicts(project: Path, tmp_path_factory: pytest.TempPathFactory) -> list[stale.Verdict]:
    return stale.verdicts(copied(project, tmp_path_factory.mktemp("mutants") / "project"), STUDY)
