"""Killed at any moment, any number of times, a job goes on and ends with the same bytes."""

from __future__ import annotations

import random
import signal
import time
from typing import Any

import pytest

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


TRAIN = ("train", CELL)
"""What is run; it goes on to the prediction and the attack."""
STAGES = ("train", "predict", "attack")


def hashes(runner: Any) -> dict[str, dict[str, str]]:
    return {stage: runner.hashes(stage) for stage in STAGES}


@pytest.fixture(scope="module")
def everything(frozen: Any) -> Any:
    """The study with its prepared sets."""
    return frozen(STUDY, "fetch", "prepare")


@pytest.fixture(scope="module")
def uninterrupted(everything: Any) -> dict[str, dict[str, str]]:
    """Hashes of a run that nobody stopped."""
    everything.finish(everything.counted("uninterrupted", *TRAIN))
    assert [everything.manifest(stage)["run"]["resumed"] for stage in STAGES] == [0, 0, 0]
    assert [everything.done("uninterrupted", letter) for letter in "tpa"] == [STEPS, SETS, SHARDS]
    return hashes(everything)


@pytest.fixture
def runner(everything: Any, uninterrupted: dict[str, dict[str, str]]) -> Any:
    for stage in STAGES:
        everything.forget(stage)
    return everything


@pytest.mark.parametrize("seed", [0, 1])
def test_killed_at_random_moments_it_ends_with_the_same_bytes(
    runner: Any, uninterrupted: dict[str, dict[str, str]], seed: int
) -> None:
    draw = random.Random(seed)
    name = f"killed-{seed}"
    kills = [("t", number) for number in sorted(draw.sample(range(30, STEPS - 60, 40), 2))]
    kills += [("p", draw.randint(SETS // 2, SETS - 2)), ("a", draw.randint(SHARDS // 2, SHARDS - 1))]
    for letter, number in kills:
        process = runner.counted(name, *TRAIN, seconds=0.02, sleep=0.004)
        runner.wait(process, name, letter, number)
        time.sleep(draw.random() * 0.02)  # within a step, within a save, between them
        process.kill()
        process.communicate()
    messages = runner.finish(runner.counted(name, *TRAIN))

    assert hashes(runner) == uninterrupted
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
    runner: Any, uninterrupted: dict[str, dict[str, str]], number: signal.Signals
) -> None:
    name = number.name
    process = runner.counted(name, *TRAIN, sleep=0.004)
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

    messages = runner.finish(runner.counted(name, *TRAIN))
    assert f"goes on at {place}" in messages
    assert runner.done(name, "t") == STEPS
    assert hashes(runner) == uninterrupted


def test_damaged_and_foreign_states_cost_time_and_change_nothing(
    runner: Any, uninterrupted: dict[str, dict[str, str]]
) -> None:
    name = "damaged"
    process = runner.counted(name, *TRAIN, seconds=0.0, sleep=0.004)
    runner.wait(process, name, "t", 90)
    process.kill()
    process.communicate()
    folder = runner.folder("train")
    saved = {path: from_bytes(folder.name, path.read_bytes()) for path in (folder / "state").glob("[01]")}
    before, last = sorted(saved, key=lambda path: saved[path].number)
    content = bytearray(last.read_bytes())
    content[-40] ^= 1
    last.write_bytes(content)

    process = runner.counted(name, *TRAIN, sleep=0.004)
    runner.wait(process, name, "t", 140)
    process.terminate()
    messages = process.communicate(timeout=60)[1]
    assert f"{last} is not used" in messages
    assert f"goes on at {saved[before].place}" in messages

    # Both are of another key now: as if somebody had copied them.
    for path in (before, last):
        other = from_bytes(folder.name, path.read_bytes())
        path.write_bytes(to_bytes("ba9876543210", Saved(other.number, other.place, other.attempts, other.content)))
    messages = runner.finish(runner.counted(name, *TRAIN))
    assert messages.count("is not used: this state belongs to the key ba9876543210") == 2
    assert "goes on at epoch" not in messages
    assert hashes(runner) == uninterrupted
