"""Jobs of a small study as real processes, to be stopped and killed; they count their work."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from hembench.commands._study import Loaded, load_study, project_root
from hembench.core.plugins import PACKAGE
from hembench.plan.study import parse
from hembench.stages.driver import Driver
from hembench.store import artefact
from hembench.store.frozen import freeze

HERE = Path(__file__).parent


@dataclass
class Frozen:
    """A study whose sets are prepared, with its plan and code frozen, so that nobody's edit disturbs.

    Counts are files with a letter for each piece of work, kept when its process is killed.
    """

    root: Path
    loaded: Loaded
    plan: Path

    def start(self, *arguments: str, imports: str = "", **environment: str) -> subprocess.Popen[str]:
        """Start Python from the frozen code, as a job of the workflow does.

        Args:
            arguments: of Python.
            imports: a folder of these tests that it imports from, too.
            environment: more variables.
        """
        code = [str(self.plan.parent / "src"), *([str(HERE / imports)] if imports else [])]
        environ = {
            **os.environ,
            "HEMBENCH_PLAN": str(self.plan),
            "PYTHONPATH": os.pathsep.join(code),
            "PYTHONSAFEPATH": "1",
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        for name in ("SLURM_JOB_ID", "WORLD_SIZE", "RANK"):
            environ.pop(name, None)
        return subprocess.Popen(
            [sys.executable, *arguments],
            env=environ,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.root,
            start_new_session=True,
        )

    def counted(
        self, name: str, *command: str, main: str = "resume_main.py", sleep: float = 0.0, seconds: float = 1e6
    ) -> subprocess.Popen[str]:
        """Start ``hembench run`` with ``command`` in a process that counts its work.

        Args:
            name: of the counts.
            command: of ``hembench run``.
            main: file of these tests that does the counting.
            sleep: seconds after each piece of work.
            seconds: between two saves of its state.
        """
        arguments = (str(HERE / main), str(self.counts(name)), str(sleep), "run", *command)
        return self.start(*arguments, HEMBENCH_STATE_SECONDS=str(seconds))

    def finish(self, process: subprocess.Popen[str]) -> str:
        """Wait for the good end of a process, and return its messages."""
        _, messages = process.communicate(timeout=300)
        assert process.returncode == 0, messages
        return messages

    def counts(self, name: str) -> Path:
        return self.root / f"{name}.counts"

    def done(self, name: str, letter: str) -> int:
        with contextlib.suppress(FileNotFoundError):
            return self.counts(name).read_text().count(letter)
        return 0

    def wait(self, process: subprocess.Popen[str], name: str, letter: str, number: int) -> None:
        """Wait until so many pieces of work are done."""
        end = time.monotonic() + 300
        while self.done(name, letter) < number:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < end, "it never came so far"
            time.sleep(0.002)

    def folder(self, stage: str, cell: str = "") -> Path:
        """Return the folder of the only result of a stage, or of that of a cell."""
        (job,) = [job for job in self.loaded.plan.of_stage(stage) if cell in ("", job.cell)]
        return self.loaded.results / job.path

    def manifest(self, stage: str, cell: str = "") -> dict[str, Any]:
        return artefact.verified(self.folder(stage, cell))

    def hashes(self, stage: str, cell: str = "") -> dict[str, str]:
        """Return the sha256 of every file of a result."""
        return {name: facts["sha256"] for name, facts in self.manifest(stage, cell)["files"].items()}

    def forget(self, stage: str, cell: str = "") -> None:
        """Set a result and its state aside, as if nothing had run."""
        with contextlib.suppress(FileNotFoundError):
            self.folder(stage, cell).rename(self.root / f"old-{stage}-{time.monotonic_ns()}")


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Frozen]]:
    """Return a maker of a frozen study: its YAML, and the stages that are made beforehand."""
    with pytest.MonkeyPatch.context() as patch:

        def make(study: str, *stages: str) -> Frozen:
            root = tmp_path_factory.mktemp("frozen")
            patch.setenv("HEMBENCH_RESULTS", str(root / "results"))
            patch.setenv("HEMBENCH_DATA", str(root / "data"))
            loaded = load_study(parse(yaml.safe_load(study)), project_root())
            driver = Driver(loaded.plan, loaded.results, loaded.data)
            for stage in stages:
                for job in loaded.plan.of_stage(stage):
                    driver.make(job)
            return Frozen(root, loaded, freeze(loaded.plan, loaded.results, PACKAGE))

        yield make
