"""Killed at any moment, any number of times, a job goes on and ends with the same bytes."""

from __future__ import annotations

import contextlib
import os
import random
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
from hembench.store.state import Saved, from_bytes, to_bytes

STUDY = """\
study: resumed
seeds: [0]
conditions: [{dataset: digits, network: mlp_small, recipe: short}]
networks: {mlp_small: {network: mlp, width: 16, depth: 1}}
losses: {hem: {}}
recipes:
  short:
    optimiser: {name: adam, learning_rate: 0.003}
    epochs: 9
    batch_size: 32
    augmentation: {name: crop_and_flip, flip: true, crop_padding: 1}
evaluate:
  predict: {main: {clean: true, ood: [blobs, uniform, permuted], corruptions: [noise, blur]}}
  ood_images: 50
  attacks: [{attack: autoattack_paper, norm: Linf, eps: 0.02, images: 60, shard: 10, steps: 2, queries: 10}]
"""
CELL = "digits-mlp_small-short-hem-s0"
EPOCH = 46
STEPS, SETS, SHARDS = 9 * EPOCH, 4 + 2 * 5, 6
"""All the work there is: 1,437 images in batches of 32; clean, three unknown and two times five corrupted sets."""


@dataclass
class Runner:
    """Runs the training of the study, and what follows it, in real processes."""

    root: Path
    loaded: Loaded
    plan: Path

    def start(self, counts: str, seconds: float, sleep: float = 0.0, chain: bool = True) -> subprocess.Popen[str]:
        """Start ``hembench run train`` as a job of the workflow does, from the frozen code."""
        arguments = [str(self.counts(counts)), str(sleep), "run", "train", CELL]
        environment = {
            **os.environ,
            "HEMBENCH_PLAN": str(self.plan),
            "HEMBENCH_STATE_SECONDS": str(seconds),
            "PYTHONPATH": str(self.plan.parent / "src"),
            "OMP_NUM_THREADS": "1",
        }
        environment.pop("SLURM_JOB_ID", None)
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("resume_main.py")), *arguments],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.root,
            start_new_session=True,
        )

    def finish(self, counts: str, seconds: float = 1e6) -> str:
        process = self.start(counts, seconds)
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        return errors

    def counts(self, name: str) -> Path:
        return self.root / f"{name}.counts"

    def done(self, name: str, letter: str) -> int:
        with contextlib.suppress(FileNotFoundError):
            return self.counts(name).read_text().count(letter)
        return 0

    def wait(self, process: subprocess.Popen[str], name: str, letter: str, number: int) -> None:
        end = time.monotonic() + 120
        while self.done(name, letter) < number:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < end, "it never came so far"
            time.sleep(0.002)

    def folder(self, stage: str) -> Path:
        (job,) = self.loaded.plan.of_stage(stage)
        return self.loaded.results / job.path

    def manifest(self, stage: str) -> dict[str, Any]:
        return artefact.verified(self.folder(stage))

    def hashes(self) -> dict[str, dict[str, str]]:
        """Return the sha256 of every file of the three results."""
        return {
            stage: {name: facts["sha256"] for name, facts in self.manifest(stage)["files"].items()}
            for stage in ("train", "predict", "attack")
        }

    def forget(self) -> None:
        """Remove what these tests make, as if nothing had run."""
        for stage in ("train", "predict", "attack"):
            with contextlib.suppress(FileNotFoundError):
                folder = self.folder(stage)
                folder.rename(self.root / f"old-{stage}-{time.monotonic_ns()}")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """The study with its prepared sets, its plan and code frozen, so that nobody's edit disturbs."""
    root = tmp_path_factory.mktemp("resume")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEMBENCH_RESULTS", str(root / "results"))
        patch.setenv("HEMBENCH_DATA", str(root / "data"))
        (root / "resumed.yaml").write_text(STUDY)
        loaded = load_study(read(root / "resumed.yaml"), project_root())
        driver = Driver(loaded.plan, loaded.results, loaded.data)
        for stage in ("fetch", "prepare"):
            for job in loaded.plan.of_stage(stage):
                driver.make(job)
        yield Runner(root, loaded, freeze(loaded.plan, loaded.results, PACKAGE))


@pytest.fixture(scope="module")
def uninterrupted(everything: Runner) -> dict[str, dict[str, str]]:
    """Hashes of a run that nobody stopped."""
    everything.finish("uninterrupted")
    assert {stage: everything.manifest(stage)["run"]["resumed"] for stage in ("train", "predict", "attack")} == {
        "train": 0,
        "predict": 0,
        "attack": 0,
    }
    assert [everything.done("uninterrupted", letter) for letter in "tpa"] == [STEPS, SETS, SHARDS]
    return everything.hashes()


@pytest.fixture
def runner(everything: Runner, uninterrupted: dict[str, dict[str, str]]) -> Runner:
    everything.forget()
    return everything


@pytest.mark.parametrize("seed", [0, 1])
def test_killed_at_random_moments_it_ends_with_the_same_bytes(
    runner: Runner, uninterrupted: dict[str, dict[str, str]], seed: int
) -> None:
    draw = random.Random(seed)
    name = f"killed-{seed}"
    kills = [("t", number) for number in sorted(draw.sample(range(30, STEPS - 60, 40), 2))]
    kills += [("p", draw.randint(SETS // 2, SETS - 2)), ("a", draw.randint(SHARDS // 2, SHARDS - 1))]
    for letter, number in kills:
        process = runner.start(name, seconds=0.02, sleep=0.004)
        runner.wait(process, name, letter, number)
        time.sleep(draw.random() * 0.02)  # within a step, within a save, between them
        process.kill()
        process.communicate()
    messages = runner.finish(name)

    assert runner.hashes() == uninterrupted
    assert "goes on at shard" in messages
    for letter, stage, work, most, times in (
        ("t", "train", STEPS, 1.5 * STEPS, 2),
        ("p", "predict", SETS, SETS + 3, 1),
        ("a", "attack", SHARDS, SHARDS + 2, 1),
    ):
        run = runner.manifest(stage)["run"]
        assert run["resumed"] == len(run["attempts"]) == times, "it was resumed after every kill"
        assert run["wall_seconds"] > sum(attempt["wall_seconds"] for attempt in run["attempts"]) > 0
        assert work <= runner.done(name, letter) <= most, "only what was not saved is done twice"
        assert not (runner.folder(stage) / "state").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_a_signal_saves_at_the_next_step_and_no_step_is_done_twice(
    runner: Runner, uninterrupted: dict[str, dict[str, str]], number: signal.Signals
) -> None:
    name = number.name
    process = runner.start(name, seconds=1e6, sleep=0.004)
    runner.wait(process, name, "t", 100)
    for _ in range(3):  # SLURM sends it twice, torchrun's agent once more
        process.send_signal(number)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    stopped = runner.done(name, "t")
    assert stopped < 150, "it went on for long"
    epoch, step = divmod(stopped, EPOCH)
    place = f"epoch {epoch + 1} of 9, step {step}"
    assert f"train {CELL}: stopped by {number.name} at {place}; its state is saved. The same command" in messages
    assert "Traceback" not in messages
    folder = runner.folder("train")
    assert sorted(path.name for path in folder.iterdir()) == ["progress.json", "state"], "no result, no lease"

    messages = runner.finish(name)
    assert f"goes on at {place}" in messages
    assert runner.done(name, "t") == STEPS
    assert runner.hashes() == uninterrupted


def test_damaged_and_foreign_states_cost_time_and_change_nothing(
    runner: Runner, uninterrupted: dict[str, dict[str, str]]
) -> None:
    name = "damaged"
    process = runner.start(name, seconds=0.0, sleep=0.004)
    runner.wait(process, name, "t", 90)
    process.kill()
    process.communicate()
    folder = runner.folder("train")
    saved = {path: from_bytes(folder.name, path.read_bytes()) for path in (folder / "state").glob("[01]")}
    before, last = sorted(saved, key=lambda path: saved[path].number)
    content = bytearray(last.read_bytes())
    content[-40] ^= 1
    last.write_bytes(content)

    process = runner.start(name, seconds=1e6, sleep=0.004)
    runner.wait(process, name, "t", 140)
    process.terminate()
    messages = process.communicate(timeout=60)[1]
    assert f"{last} is not used" in messages
    assert f"goes on at {saved[before].place}" in messages

    # Both are of another key now: as if somebody had copied them.
    for path in (before, last):
        other = from_bytes(folder.name, path.read_bytes())
        path.write_bytes(to_bytes("ba9876543210", Saved(other.number, other.place, other.attempts, other.content)))
    messages = runner.finish(name)
    assert messages.count("is not used: this state belongs to the key ba9876543210") == 2
    assert "goes on at epoch" not in messages
    assert runner.hashes() == uninterrupted
