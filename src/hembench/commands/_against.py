"""The price of an edit: the plan of the working tree beside the plan of a commit."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hembench.commands._study import Loaded, study_file
from hembench.commands._verdicts import touched
from hembench.core.errors import ConfigError
from hembench.plan.difference import Change, causes, made
from hembench.plan.jobs import Job, Plan

PARTS = ("src", "config", "Snakefile")
"""What planning needs of a commit."""


@dataclass(frozen=True)
class Edit:
    """What an edit does to a study.

    Attributes:
        reference: the commit it is compared with.
        stale: jobs of the working tree whose key that commit's plan does not have.
        gone: jobs of that commit whose cell the working tree no longer has.
        kept: number of jobs that both have.
        causes: the first causes, over all stale jobs.
        claims: ids of the paper's claims whose numbers or rules are other ones.
    """

    reference: str
    stale: list[Job]
    gone: list[Job]
    kept: int
    causes: list[Change]
    claims: list[str]

    def pages(self, stage: str) -> list[str]:
        """Return the names of the tables or figures that are drawn anew."""
        return [job.options[stage]["name"] for job in self.stale if job.stage == stage]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return {
            "against": self.reference,
            "stale": [{"stage": job.stage, "cell": job.cell, "key": job.key} for job in self.stale],
            "gone": [{"stage": job.stage, "cell": job.cell, "key": job.key} for job in self.gone],
            "kept": self.kept,
            "changed": [change.to_json() for change in self.causes],
            "tables": self.pages("table"),
            "figures": self.pages("figure"),
            "claims": self.claims,
        }


def compare(reference: str, study: str, loaded: Loaded) -> Edit:
    """Return what differs between the working tree's plan and that of ``reference``.

    Raises:
        ConfigError: no such commit, or its study can't be planned.
    """
    old, new = _plan_of(reference, study, loaded), loaded.plan
    stale = [job for path, job in new.jobs.items() if path not in old.jobs]
    cells = {(job.stage, job.cell) for job in new.jobs.values()}
    gone = [job for job in old.jobs.values() if (job.stage, job.cell) not in cells]
    earlier = {(job.stage, job.cell): job for job in old.jobs.values()}
    found: dict[tuple[str, str], Change] = {}
    for job in stale:
        before = earlier.get((job.stage, job.cell))
        changes = (
            [Change("option", f"new: {job.stage} {job.cell}")]
            if before is None
            else causes(
                made(old, before),
                made(new, job),
                lambda p: made(old, old.jobs[p]),
                lambda p: made(new, new.jobs[p]),
            )
        )
        for change in changes:
            found.setdefault((change.kind, change.name), change)
    first = _without_followers(list(found.values()))
    return Edit(reference, stale, gone, len(new.jobs) - len(stale), first, touched(old, new))


def _without_followers(changes: list[Change]) -> list[Change]:
    """Drop 'new' results where a new training says it all, and sort."""
    new = [change for change in changes if change.name.startswith("new: ")]
    trainings = [change for change in new if change.name.startswith("new: train ")]
    rest = [change for change in changes if change not in new]
    return sorted(rest, key=lambda change: (change.kind, change.name)) + (trainings or new)


def _plan_of(reference: str, study: str, loaded: Loaded) -> Plan:
    """Plan the study as that commit would: with its own code, in a process of its own."""
    file = study_file(study, loaded.root).resolve()
    name = file.relative_to(loaded.root) if file.is_relative_to(loaded.root) else file
    archive = subprocess.run(
        ["git", "-C", str(loaded.root), "archive", reference, *PARTS], capture_output=True, check=False
    )
    if archive.returncode:
        raise ConfigError(f"--against {reference}: git has no such commit here: {archive.stderr.decode().strip()}")
    with tempfile.TemporaryDirectory(prefix="hembench-against-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(folder, filter="data")
        there = Path(folder)
        added: list[str] = []
        if not (there / name).exists():  # in no commit: the code is compared, as far as that commit has it
            shutil.copy(file, there / name)
            added = _add_missing(loaded.root, there)
        planned = subprocess.run(
            [sys.executable, "-m", "hembench", "plan", str(name), "--whole"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(folder) / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
    if planned.returncode:
        raise ConfigError(f"--against {reference}: {name} can't be planned there: {planned.stderr.strip()}")
    return _without(added, Plan.from_json(json.loads(planned.stdout)))


def _add_missing(root: Path, there: Path) -> list[str]:
    """Copy code and recipes that a commit lacks to its files; return the names of these modules.

    A study of one's own may name a plug-in of one's own, and that commit could not plan it.
    """
    added = []
    for pattern in ("src/hembench/**/*.py", "config/recipes/*.yaml"):
        for path in root.glob(pattern):
            name = path.relative_to(root)
            if not (there / name).exists():
                (there / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, there / name)
                added += [".".join(name.with_suffix("").parts[1:])] if name.suffix == ".py" else []
    return added


def _without(modules: list[str], plan: Plan) -> Plan:
    """Return a plan without the jobs that execute these modules, and without what reads their results."""
    prefixes = tuple(f"{module}." for module in modules)
    new: set[str] = set()
    for path, job in plan.jobs.items():  # inputs come before their consumers
        definitions = plan.code[job.ingredients["code"]]
        if new.intersection(job.inputs.values()) or any(name.startswith(prefixes) for name in definitions):
            new.add(path)
    return replace(plan, jobs={path: job for path, job in plan.jobs.items() if path not in new})
