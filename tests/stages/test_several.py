"""A cell that two processes train together: started, stopped, killed and gone on with, to the same bytes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hembench.commands._study import Loaded, load_study, project_root
from hembench.core.plugins import PACKAGE
from hembench.plan.study import read
from hembench.stages.driver import Driver
from hembench.store import artefact
from hembench.store.frozen import freeze
from hembench.store.progress import read_failure

STUDY = """\
study: several
seeds: [0]
conditions: [{dataset: digits, network: mlp_small, recipe: short}]
networks: {mlp_small: {network: mlp, width: 16, depth: 1}}
losses: {hem: {}}
recipes:
  short:
    optimiser: {name: adam, learning_rate: 0.003}
    epochs: 6
    batch_size: 32
    processes: 2
    augmentation: {name: crop_and_flip, flip: true, crop_padding: 1}
evaluate:
  predict: {main: {clean: true}}
"""
CELL = "digits-mlp_small-short-hem-s0"
EPOCH = 45
STEPS = 6 * EPOCH
"""1,437 images in batches of 32: the last 29 are a batch of their own."""

RUN = ["-m", "hembench", "run", "train", CELL]
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]


@dataclass
class Runner:
    """Runs the training of the study in real processes."""

    root: Path
    loaded: Loaded
    plan: Path

    def start(self, *arguments: str, seconds: float = 1e6, **settings: Any) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "HEMBENCH_PLAN": str(self.plan),
            "HEMBENCH_STATE_SECONDS": str(seconds),
            "PYTHONPATH": f"{self.plan.parent / 'src'}:{Path(__file__).with_name('several')}",
            "PYTHONSAFEPATH": "1",
            "SEVERAL_COUNTS": str(self.root / "counts"),
            **{f"SEVERAL_{name.upper()}": str(value) for name, value in settings.items()},
        }
        for name in ("SLURM_JOB_ID", "WORLD_SIZE", "RANK"):
            environment.pop(name, None)
        return subprocess.Popen(
            [sys.executable, *arguments], env=environment, stderr=subprocess.PIPE, text=True, cwd=self.root
        )

    def finish(self, *arguments: str) -> str:
        process = self.start(*arguments)
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        return errors

    def steps(self, letter: str) -> int:
        with contextlib.suppress(FileNotFoundError):
            return (self.root / "counts").read_text().count(letter)
        return 0

    def wait(self, process: subprocess.Popen[str], steps: int) -> None:
        end = time.monotonic() + 300
        while self.steps("b") < steps:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < end, "it never came so far"
            time.sleep(0.01)

    @property
    def folder(self) -> Path:
        (job,) = self.loaded.plan.of_stage("train")
        return self.loaded.results / job.path

    def manifest(self) -> dict[str, Any]:
        return artefact.verified(self.folder)

    def hashes(self) -> dict[str, str]:
        return {name: facts["sha256"] for name, facts in self.manifest()["files"].items()}

    def forget(self) -> None:
        """Remove what these tests make, as if nothing had run."""
        (self.root / "counts").unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.folder.rename(self.root / f"old-{time.monotonic_ns()}")


def rank(launcher: subprocess.Popen[str], number: int) -> int:
    """Return the process id of one of the processes that ``hembench run`` has started."""
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
    wanted = f"RANK={number}".encode()
    (found,) = [int(one) for one in children if wanted in Path(f"/proc/{one}/environ").read_bytes().split(b"\0")]
    return found


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """The study with its prepared sets, its plan and code frozen, so that nobody's edit disturbs."""
    root = tmp_path_factory.mktemp("several")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEMBENCH_RESULTS", str(root / "results"))
        patch.setenv("HEMBENCH_DATA", str(root / "data"))
        (root / "several.yaml").write_text(STUDY)
        loaded = load_study(read(root / "several.yaml"), project_root())
        driver = Driver(loaded.plan, loaded.results, loaded.data)
        for stage in ("fetch", "prepare"):
            for job in loaded.plan.of_stage(stage):
                driver.make(job)
        yield Runner(root, loaded, freeze(loaded.plan, loaded.results, PACKAGE))


@pytest.fixture(scope="module")
def uninterrupted(everything: Runner) -> dict[str, str]:
    """Hashes of a run that nobody stopped, and went on to the prediction in one process."""
    messages = everything.finish(*RUN)
    assert "starting 2 processes" in messages
    training, _, following = messages.partition("predict ")
    assert training.count("it uses the CPU") == 2, "once for the training, once for what follows"
    assert following
    assert [everything.steps(letter) for letter in "ab"] == [STEPS, STEPS]
    (predict,) = everything.loaded.plan.of_stage("predict")
    assert artefact.is_done(everything.loaded.results / predict.path)
    return everything.hashes()


@pytest.fixture
def runner(everything: Runner, uninterrupted: dict[str, str]) -> Runner:
    everything.forget()
    return everything


def test_the_manifest_says_how_many_they_were(everything: Runner, uninterrupted: dict[str, str]) -> None:
    run = everything.manifest()["run"]
    assert (run["processes"], run["images_per_process"]) == (2, 16)
    assert run["resumed"] == 0


def test_by_torchrun_it_is_the_same_result_under_the_same_key(
    runner: Runner, uninterrupted: dict[str, str]
) -> None:
    messages = runner.finish(*TORCHRUN, "2", *RUN)
    assert "starting" not in messages
    assert runner.hashes() == uninterrupted
    assert not (runner.folder / "state").exists()


def test_another_number_by_torchrun_is_refused(runner: Runner) -> None:
    process = runner.start(*TORCHRUN, "3", *RUN)
    _, messages = process.communicate(timeout=300)
    assert process.returncode != 0
    assert f"started 3 processes for train {CELL}, which takes 2 (processes: in its recipe)" in messages
    assert not runner.folder.exists()


def test_stopped_and_killed_in_part_it_goes_on_to_the_same_bytes(
    runner: Runner, uninterrupted: dict[str, str]
) -> None:
    process = runner.start(*RUN, sleep=0.02)
    runner.wait(process, EPOCH + 10)
    os.kill(rank(process, 1), signal.SIGTERM)  # the one that does not write
    _, messages = process.communicate(timeout=300)
    assert process.returncode == 128 + signal.SIGTERM, messages
    stopped = runner.steps("a")
    assert stopped == runner.steps("b") < 2 * EPOCH, "all stop at the same step, within the epoch"
    place = f"epoch 2 of 6, step {stopped - EPOCH}"
    assert f"train {CELL}: stopped by SIGTERM at {place}; its state is saved. The same command" in messages
    assert "Traceback" not in messages
    assert sorted(path.name for path in runner.folder.iterdir()) == ["progress.json", "state"]

    process = runner.start(*RUN, sleep=0.02)
    runner.wait(process, stopped + 20)
    process.kill()  # what has started them: nobody would stop them any more
    _, messages = process.communicate(timeout=300)
    assert f"goes on at {place}" in messages
    assert "stopped by SIGTERM at" in messages
    again = runner.steps("a")
    assert again == runner.steps("b") < stopped + 60

    process = runner.start(*RUN, sleep=0.02, seconds=0.1)
    runner.wait(process, again + 30)
    os.kill(rank(process, 1), signal.SIGKILL)
    _, messages = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "process 2 of 2 was killed by SIGKILL" in messages
    assert "Traceback" not in messages
    failure = read_failure(runner.folder)
    assert failure is not None
    assert failure.reason.startswith("another process of this training has ended without a word")

    process = runner.start(*RUN, sleep=0.02)
    runner.wait(process, again + 60)
    for _ in range(3):  # SLURM sends it twice
        process.send_signal(signal.SIGTERM)
    _, messages = process.communicate(timeout=300)
    assert process.returncode == 128 + signal.SIGTERM, messages
    assert "its state is saved" in messages

    runner.finish(*RUN)
    assert runner.hashes() == uninterrupted
    assert runner.manifest()["run"]["resumed"] == 4
    assert STEPS <= runner.steps("a") < STEPS + 60, "only what was not saved is done twice"


def test_an_error_of_one_ends_all_with_its_message(runner: Runner) -> None:
    process = runner.start(*RUN, fail=20)
    _, messages = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "hembench run: the second rank has a message" in messages
    failure = read_failure(runner.folder)
    assert failure is not None
    assert (
        failure.reason
        == "another process of this training has failed, process 2 of 2: the second rank has a message"
    )
    assert not (runner.folder / "lease").exists()
