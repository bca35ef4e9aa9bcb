"""A set in shards through the real driver: killed or stopped anywhere it goes on, to the same bytes."""

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

import numpy as np
import pytest

from hembench.commands._study import Loaded, load_study, project_root
from hembench.core.plugins import PACKAGE
from hembench.datasets import imagenet1k_made
from hembench.plan import sets
from hembench.plan.study import read
from hembench.sets.shards import read as read_set
from hembench.stages.driver import Driver
from hembench.store import artefact
from hembench.store.content import read_arrays
from hembench.store.frozen import freeze

STUDY = """\
study: sharded
seeds: [0]
conditions: [{dataset: imagenet1k_made, network: mlp_small, recipe: short}]
networks: {mlp_small: {network: mlp, width: 2, depth: 1}}
losses: {ce: {}}
recipes:
  short:
    optimiser: {name: adam, learning_rate: 0.003}
    epochs: 2
    batch_size: 8
evaluate:
  predict: {main: {clean: true, ood: [permuted]}}
  ood_images: 6
  attacks: [{attack: autoattack_paper, norm: Linf, eps: 0.02, images: 4, shard: 2, steps: 2, queries: 10}]
"""
CELL = "imagenet1k_made-train"
SHARDS = 10
"""40 images in shards of 4."""


@dataclass
class Runner:
    """Prepares the training set in real processes."""

    root: Path
    loaded: Loaded
    plan: Path

    def start(self, name: str, sleep: float = 0.0) -> subprocess.Popen[str]:
        """Start ``hembench run prepare`` as a job of the workflow does, from the frozen code."""
        environment = {
            **os.environ,
            "HEMBENCH_PLAN": str(self.plan),
            "PYTHONPATH": str(self.plan.parent / "src"),
            "OMP_NUM_THREADS": "1",
        }
        environment.pop("SLURM_JOB_ID", None)
        main = str(Path(__file__).with_name("shards_main.py"))
        return subprocess.Popen(
            [sys.executable, main, str(self.counts(name)), str(sleep), "run", "prepare", CELL],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.root,
            start_new_session=True,
        )

    def finish(self, name: str) -> str:
        process = self.start(name)
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        return errors

    def counts(self, name: str) -> Path:
        return self.root / f"{name}.counts"

    def done(self, name: str) -> int:
        with contextlib.suppress(FileNotFoundError):
            return len(self.counts(name).read_bytes())
        return 0

    def wait(self, process: subprocess.Popen[str], name: str, number: int) -> None:
        end = time.monotonic() + 300
        while self.done(name) < number:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < end, "it never came so far"
            time.sleep(0.005)

    def folder(self) -> Path:
        return self.loaded.results / self.loaded.plan.find("prepare", CELL).path

    def hashes(self) -> dict[str, str]:
        return {name: facts["sha256"] for name, facts in artefact.verified(self.folder())["files"].items()}

    def forget(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.folder().rename(self.root / f"old-{time.monotonic_ns()}")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    root = tmp_path_factory.mktemp("sharded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEMBENCH_RESULTS", str(root / "results"))
        patch.setenv("HEMBENCH_DATA", str(root / "data"))
        patch.setattr(sets, "PER_SHARD", 4)
        (root / "sharded.yaml").write_text(STUDY)
        loaded = load_study(read(root / "sharded.yaml"), project_root())
        for job in loaded.plan.of_stage("fetch"):
            Driver(loaded.plan, loaded.results, loaded.data).make(job)
        yield Runner(root, loaded, freeze(loaded.plan, loaded.results, PACKAGE))


@pytest.fixture(scope="module")
def uninterrupted(everything: Runner) -> dict[str, str]:
    """Hashes of a run that nobody stopped."""
    everything.finish("uninterrupted")
    assert everything.done("uninterrupted") == SHARDS
    names = {f"images-{number:05}.npy" for number in range(SHARDS)} | {"set.npz", "manifest.json", "done"}
    assert {path.name for path in everything.folder().iterdir()} == names
    return everything.hashes()


@pytest.fixture
def runner(everything: Runner, uninterrupted: dict[str, str]) -> Runner:
    everything.forget()
    return everything


@pytest.mark.parametrize("seed", [0, 1])
def test_killed_at_random_moments_it_ends_with_the_same_bytes(
    runner: Runner, uninterrupted: dict[str, str], seed: int
) -> None:
    draw = random.Random(seed)
    name = f"killed-{seed}"
    for number in sorted(draw.sample(range(1, SHARDS), 2)):
        process = runner.start(name, sleep=0.02)
        runner.wait(process, name, number)
        time.sleep(draw.random() * 0.05)  # within a shard, within its writing, between them
        process.kill()
        process.communicate()
        assert artefact.read_manifest(runner.folder()) is None, "no half of a result"
    runner.finish(name)
    assert runner.hashes() == uninterrupted
    assert runner.done(name) <= SHARDS + 2, "a kill costs one shard"
    assert not (runner.folder() / "state").exists()


def test_a_signal_stops_it_after_the_shard_that_is_under_way(
    runner: Runner, uninterrupted: dict[str, str]
) -> None:
    process = runner.start("stopped", sleep=0.05)
    runner.wait(process, "stopped", 3)
    process.send_signal(signal.SIGTERM)
    _, messages = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    stopped = runner.done("stopped")
    assert f"stopped by SIGTERM at shard {stopped} of 10; its state is saved" in messages
    assert sorted(path.name for path in runner.folder().iterdir()) == ["progress.json", "state"]
    assert f"goes on at shard {stopped} of 10" in runner.finish("stopped")
    assert runner.done("stopped") == SHARDS, "no shard is written twice"
    assert runner.hashes() == uninterrupted
    assert artefact.verified(runner.folder())["run"]["resumed"] == 1


def test_a_network_is_trained_predicted_and_attacked_on_shards(runner: Runner) -> None:
    loaded = runner.loaded
    driver = Driver(loaded.plan, loaded.results, loaded.data, chain=False)

    def made(stage: str, cell: str | None = None) -> Path:
        (job,) = [job for job in loaded.plan.of_stage(stage) if cell in (None, job.cell)]
        driver.make(job)
        return loaded.results / job.path

    found = read_set(made("prepare", CELL))
    test = read_set(made("prepare", "imagenet1k_made-test"))
    made("prepare", "imagenet1k_made-ood-permuted")
    images, labels = imagenet1k_made.test(loaded.data / "imagenet1k_made")
    np.testing.assert_array_equal(np.asarray(test["images"]), np.asarray(images))
    np.testing.assert_array_equal(test["labels"], labels)
    assert sorted(found["labels"].tolist()) == [kind for kind in range(5) for _ in range(8)]
    assert found["labels"].tolist() != sorted(found["labels"].tolist()), "shards are mixed"

    made("train")
    predictions: dict[str, Any] = read_arrays(made("predict") / "predictions.npz")
    assert predictions["clean"].shape == (20, 5)
    assert predictions["ood.permuted"].shape == (6, 5)
    attacked = read_arrays(made("attack") / "attack.npz")
    expected = predictions["clean"][attacked["index"]]
    np.testing.assert_allclose(attacked["clean_logits"], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(attacked["labels"], labels[attacked["index"]])
