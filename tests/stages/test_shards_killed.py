"""A set in shards through the real driver: killed or stopped anywhere it goes on, to the same bytes."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hembench.datasets import imagenet1k_made
from hembench.plan import sets
from hembench.sets.shards import read as read_set
from hembench.stages.driver import Driver
from hembench.store import artefact
from hembench.store.content import read_arrays

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


SET = ("prepare", CELL)


def start(runner: Any, name: str, sleep: float = 0.0) -> subprocess.Popen[str]:
    process: subprocess.Popen[str] = runner.counted(name, *SET, main="shards_main.py", sleep=sleep)
    return process


@pytest.fixture(scope="module")
def everything(frozen: Any) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sets, "PER_SHARD", 4)
        yield frozen(STUDY, "fetch")


@pytest.fixture(scope="module")
def uninterrupted(everything: Any) -> dict[str, str]:
    """Hashes of a run that nobody stopped."""
    everything.finish(start(everything, "uninterrupted"))
    assert everything.done("uninterrupted", "s") == SHARDS
    names = {f"images-{number:05}.npy" for number in range(SHARDS)} | {"set.npz", "manifest.json", "done"}
    assert {path.name for path in everything.folder(*SET).iterdir()} == names
    return everything.hashes(*SET)


@pytest.fixture
def runner(everything: Any, uninterrupted: dict[str, str]) -> Any:
    everything.forget(*SET)
    return everything


@pytest.mark.parametrize("seed", [0, 1])
def test_killed_at_random_moments_it_ends_with_the_same_bytes(
    runner: Any, uninterrupted: dict[str, str], seed: int
) -> None:
    draw = random.Random(seed)
    name = f"killed-{seed}"
    for number in sorted(draw.sample(range(1, SHARDS), 2)):
        process = start(runner, name, sleep=0.02)
        runner.wait(process, name, "s", number)
        time.sleep(draw.random() * 0.05)  # within a shard, within its writing, between them
        process.kill()
        process.communicate()
        assert artefact.read_manifest(runner.folder(*SET)) is None, "no half of a result"
    runner.finish(start(runner, name))
    assert runner.hashes(*SET) == uninterrupted
    assert runner.done(name, "s") <= SHARDS + 2, "a kill costs one shard"
    assert not (runner.folder(*SET) / "state").exists()


def test_a_signal_stops_it_after_the_shard_that_is_under_way(runner: Any, uninterrupted: dict[str, str]) -> None:
    process = start(runner, "stopped", sleep=0.05)
    runner.wait(process, "stopped", "s", 3)
    process.send_signal(signal.SIGTERM)
    _, messages = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    stopped = runner.done("stopped", "s")
    assert f"stopped by SIGTERM at shard {stopped} of 10; its state is saved" in messages
    assert sorted(path.name for path in runner.folder(*SET).iterdir()) == ["progress.json", "state"]
    assert f"goes on at shard {stopped} of 10" in runner.finish(start(runner, "stopped"))
    assert runner.done("stopped", "s") == SHARDS, "no shard is written twice"
    assert runner.hashes(*SET) == uninterrupted
    assert runner.manifest(*SET)["run"]["resumed"] == 1


def test_a_network_is_trained_predicted_and_attacked_on_shards(runner: Any) -> None:
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
