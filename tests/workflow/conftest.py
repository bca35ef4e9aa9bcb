"""A copy of the project with a tiny study, to be edited, planned and run."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from hembench.core.digest import file_sha256
from hembench.plan.jobs import Plan
from hembench.stages.publish import publish as publish_report
from hembench.store.artefact import publish
from hembench.store.content import text

PARTS = ("src", "workflow", "config", "profiles", "envs/environment.yaml", "Snakefile", ".gitignore")

TINY = """\
study: tiny
seeds: [0, 1]
conditions:
  - {dataset: digits, network: mlp_tiny, recipe: one_epoch}
  - {dataset: digits, network: convnet_tiny, recipe: one_epoch}
networks:
  mlp_tiny: {network: mlp, width: 8, depth: 1}
  convnet_tiny: {network: convnet, channels: 4}
losses:
  ce: {}
  hem: {}
recipes:
  one_epoch: {optimiser: {name: sgd, learning_rate: 0.1}, epochs: 1, batch_size: 256}
evaluate:
  predict:
    main: {ood: [uniform], corruptions: [noise]}
  ood_images: 20
  severities: [1]
  attacks:
    - {attack: autoattack_paper, norm: Linf, eps: 0.5, images: 4, shard: 2, queries: 5, steps: 2}
"""


BARE = """\
study: tiny
seeds: [0]
conditions:
  - {dataset: digits, network: mlp_tiny, recipe: one_epoch}
networks:
  mlp_tiny: {network: mlp, width: 8, depth: 1}
losses:
  ce: {}
  hem: {}
recipes:
  one_epoch: {optimiser: {name: sgd, learning_rate: 0.1}, epochs: 1, batch_size: 256}
evaluate:
  metrics: [accuracy, ece]
  scores: [msp]
tables: [summary]
figures: [learning_curves]
"""
"""The least that has every stage but the attack: a real run of it takes seconds."""


@dataclass
class Project:
    """A checkout of its own, with results of its own."""

    root: Path
    study: str = "tiny"
    names: set[str] = field(default_factory=set)
    """Stage/cell of every result of the last plan."""

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.root / "src"), "OMP_NUM_THREADS": "1"}

    def call(self, *command: str, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command in the checkout; its output is in the message where it fails."""
        env = {**self.environment, **more.pop("env", {})}
        done = subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True, check=False, **more)
        if check and done.returncode:
            pytest.fail(
                f"{' '.join(command)}: status {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
            )
        return done

    def python(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.call(sys.executable, *arguments, check=check)

    def hembench(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.call(sys.executable, "-m", "hembench", *arguments, check=check)

    def snakemake(self, *arguments: str, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
        config = ["--configfile", f"config/{self.study}.yaml"]
        return self.call(
            sys.executable, "-m", "snakemake", *config, "--cores", "2", *arguments, check=check, **more
        )

    def plan(self) -> dict[str, str]:
        """Return path -> state, from ``hembench plan --json``."""
        document = json.loads(self.hembench("plan", self.study, "--json").stdout)
        self.names = {f"{job['stage']}/{job['cell']}" for job in document["jobs"]}
        return {job["path"]: job["state"] for job in document["jobs"]}

    def missing(self) -> set[str]:
        """Return "stage/cell" of every result that would be made."""
        return {path.rsplit("/", 1)[0] for path, state in self.plan().items() if state == "missing"}

    def dry_run(self, *targets: str) -> set[str]:
        """Return the paths of the results that Snakemake would make, and "publish" where it would publish."""
        done = self.snakemake("-n", "--quiet", "host", "--", *targets)
        found = set(re.findall(r"^\s*output: results/(\S+)/done", done.stdout + done.stderr, flags=re.M))
        return found | (
            {"publish"} if re.search(r"^rule publish:", done.stdout + done.stderr, flags=re.M) else set()
        )

    def would_make(self) -> set[str]:
        """Return "stage/cell" of every result that would be made, and "publish".

        Fails where ``hembench plan --json`` and Snakemake's dry run do not agree about them.
        """
        plan, dry_run = self.plan(), self.dry_run()
        (report,) = (path for path in plan if path.startswith("report/"))
        expected = {path for path, state in plan.items() if state == "missing"}
        stamp = self.root / "reports" / self.study / ".published" / Path(report).name
        assert dry_run == expected | (set() if stamp.exists() else {"publish"})
        return {path.rsplit("/", 1)[0] for path in dry_run}

    def matching(self, *patterns: str) -> set[str]:
        """Return "stage/cell" of every result of the last plan that a pattern names; "publish" is one too."""
        names = self.names | {"publish"}
        found = {pattern: {name for name in names if fnmatchcase(name, pattern)} for pattern in patterns}
        assert all(found.values()), f"a pattern names nothing: the test is out of step: {found}"
        return set().union(*found.values())

    def whole_plan(self) -> Plan:
        return Plan.from_json(json.loads(self.hembench("plan", self.study, "--whole").stdout))

    def pretend(self) -> None:
        """Make every result of the present plan exist, with content of no worth: planning looks at keys alone."""
        plan = self.whole_plan()
        for job in plan.jobs.values():
            manifest = {
                "stage": job.stage,
                "cell": job.cell,
                "key": job.key,
                "study": plan.study,
                "ingredients": job.ingredients,
                "inputs": job.inputs,
                "definitions": plan.code[job.ingredients["code"]],
                "environment": {"device": "cpu"},
                "run": {"wall_seconds": 1.0},
            }
            name = "index.html" if job.stage == "report" else "pretended.txt"
            publish(self.results / job.path, {name: text(job.key)}, manifest)
        report = plan.find("report", plan.study)
        publish_report(self.results / report.path, self.root / "reports", plan.study, report.key)

    def computed(self) -> Counter[str]:
        """Return how often each result was computed, by path: a job's log gets one line each time."""
        return self._told(r"^\S+ (\w+) (\S+): ([0-9a-f]{12})$")

    def made(self) -> Counter[str]:
        """Return how often each result was computed, or taken over from inputs of the same content, by path."""
        return self._told(r"^\S+ (\w+) (\S+): ([0-9a-f]{12})(?: is taken over, .*)?$")

    def _told(self, line: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for log in self.results.glob("logs/*/*.log"):
            for stage, cell, key in re.findall(line, log.read_text(), flags=re.M):
                found[f"{stage}/{cell}/{key}"] += 1
        return found

    def contents(self) -> dict[str, str]:
        """Return the sha256 of every file of every published result, by path; manifests tell of time and place."""
        found = {}
        for path in self.results.glob("*/*/*/manifest.json"):
            for name in json.loads(path.read_bytes())["files"]:
                found[str((path.parent / name).relative_to(self.results))] = file_sha256(path.parent / name)
        return found

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text that must be there."""
        path = self.root / file
        content = path.read_text(encoding="utf-8")
        assert old in content, f"{file} has no {old!r}: the test is out of step"
        path.write_text(content.replace(old, new), encoding="utf-8")

    def edit_inside(self, file: str, function: str) -> None:
        """Add a statement to the body of a function, "name" or "Class.name"."""
        path = self.root / file
        node: Any = ast.parse(path.read_text(encoding="utf-8"))
        for name in function.split("."):
            found = [part for part in node.body if getattr(part, "name", None) == name]
            assert found, f"{file} has no {function}: the test is out of step"
            (node,) = found
        last = node.body[-1]
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        lines.insert(last.lineno - 1, f"{' ' * last.col_offset}_edited = 1\n")
        path.write_text("".join(lines), encoding="utf-8")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        return self.call("git", *identity, *arguments).stdout


@dataclass
class Running:
    """A Snakemake that goes on beside the test; its jobs belong to its process group."""

    process: subprocess.Popen[bytes]
    output: Path

    def finish(self, status: int = 0) -> str:
        """Wait for its end and return what it printed."""
        found = self.process.wait(timeout=240)
        said = self.output.read_text(encoding="utf-8", errors="replace")
        assert found == status, f"status {found}\n{said[-8000:]}"
        return said

    def kill(self) -> None:
        """Kill the controller alone, as the kernel does where memory runs out; its jobs go on."""
        self.process.kill()
        self.process.wait()

    def clean(self) -> None:
        """End the controller and every job of it that is left."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def copy_project(source: Path, target: Path, study: str = TINY) -> Project:
    """Copy what planning and running need; nothing ignored, no results."""
    for part in PARTS:
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source / part, target / part)
    (target / "config" / "tiny.yaml").write_text(study, encoding="utf-8")
    return Project(target)


@pytest.fixture
def tiny(project: Path, tmp_path: Path) -> Project:
    """Return a fresh copy of the project with the tiny study and no results."""
    return copy_project(project, tmp_path / "project")


@pytest.fixture(scope="session")
def made_up(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a committed copy whose results all exist, to be copied by ``pretended``; never edited itself."""
    made = copy_project(project, tmp_path_factory.mktemp("made_up") / "project")
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message=as it is")
    made.pretend()
    return made


@pytest.fixture
def pretended(made_up: Project, tmp_path: Path) -> Project:
    """Return a copy, under git, with the tiny study whose results all exist (with content of no worth)."""
    shutil.copytree(made_up.root, tmp_path / "pretended")
    return Project(tmp_path / "pretended")


@pytest.fixture
def clone(project: Path, tmp_path: Path) -> Any:
    """Return a function that makes one more copy, by name."""
    return lambda name: copy_project(project, tmp_path / name)


@pytest.fixture(scope="session")
def run_once(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy whose bare study was really run, to be copied by ``finished``; never edited itself."""
    run = copy_project(project, tmp_path_factory.mktemp("run_once") / "project", BARE)
    run.snakemake()
    return run


@pytest.fixture
def finished(run_once: Project, tmp_path: Path) -> Project:
    """Return a copy with the finished results of the bare study."""
    shutil.copytree(run_once.root, tmp_path / "finished")
    return Project(tmp_path / "finished")


@pytest.fixture
def bare(project: Path, tmp_path: Path) -> Any:
    """Return a function that makes a copy with the bare study and no results, by name."""
    return lambda name: copy_project(project, tmp_path / name, BARE)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Return a function that starts Snakemake in a copy; whatever is left of it at the end is killed."""
    running: list[Running] = []

    def start(copy: Project, **env: str) -> Running:
        command = [sys.executable, "-m", "snakemake", "--configfile", f"config/{copy.study}.yaml", "--cores", "2"]
        output = tmp_path / f"output-{len(running)}.txt"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                command,
                cwd=copy.root,
                env={**copy.environment, **env},
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running.append(Running(process, output))
        return running[-1]

    yield start
    for run in running:
        run.clean()


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """Return a function that polls a condition until it holds."""

    def wait_for(condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + 120
        while not condition():
            assert time.monotonic() < end, f"it never happened: {what}"
            time.sleep(0.05)

    return wait_for
