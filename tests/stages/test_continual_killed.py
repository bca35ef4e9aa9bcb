"""Killed at a random step, a continual training goes on and ends with the same bytes, by every strategy."""

from __future__ import annotations

import random
import time
from typing import Any

from hembench.stages.driver import Driver

STUDY = """\
study: episodes
seeds: [0]
conditions:
  - {dataset: digits, network: tiny, recipe: short,
     continual: {benchmark: split_digits, strategy: replay_60, held_out: 0.05, counts: episode}}
  - {dataset: digits, network: tiny, recipe: short,
     continual: {benchmark: split_digits, strategy: si, incremental: task, optimiser: new}}
  - {dataset: digits, network: tiny, recipe: short,
     continual: {benchmark: split_digits, strategy: ewc, units: seen}}
  - {dataset: digits, network: tiny, recipe: short,
     continual: {benchmark: split_digits, strategy: lfl}}
  - {dataset: digits, network: tiny, recipe: short,
     continual: {benchmark: split_digits, strategy: lwf, incremental: task}}
networks: {tiny: {network: mlp, width: 16, depth: 1}}
strategies: {replay_60: {strategy: replay, size: 60}}
losses: {hem: {}}
recipes:
  short:
    optimiser: {name: adam, learning_rate: 0.003}
    epochs: 2
    batch_size: 32
    augmentation: {name: crop_and_flip, flip: false, crop_padding: 1}
tables: [continual]
figures: []
"""
STEPS = 90
"""At least so many in five episodes of two epochs: two digits have over 256 images to learn, held out or not."""


def test_killed_at_random_steps_every_strategy_ends_with_the_same_bytes(frozen: Any) -> None:
    """One process trains cell after cell; it is killed once in each of them, and started again."""
    draw = random.Random(0)
    runner = frozen(STUDY, "fetch", "prepare")
    cells = [job.cell for job in runner.loaded.plan.of_stage("train")]
    assert len(cells) == 5
    command = {"main": "episodes_main.py", "sleep": 0.01, "seconds": 0.02}
    for number in range(len(cells)):
        process = runner.counted("killed", "train", *cells, **command)
        runner.wait(process, "killed", str(number), draw.randint(5, STEPS - 5))
        time.sleep(draw.random() * 0.02)  # within a step, within a save, between them
        process.kill()
        process.communicate()
    runner.finish(runner.counted("killed", "train", *cells, **command))

    killed = {cell: runner.hashes("train", cell) for cell in cells}
    for number, cell in enumerate(cells):
        assert runner.manifest("train", cell)["run"]["resumed"] == 1
        assert STEPS <= runner.done("killed", str(number)) < 1.5 * STEPS, "only what was not saved is done twice"
        runner.forget("train", cell)
    driver = Driver(runner.loaded.plan, runner.loaded.results, runner.loaded.data, chain=False)
    for job in runner.loaded.plan.of_stage("train"):  # in this process, never stopped
        driver.make(job)
        assert runner.manifest("train", job.cell)["run"]["resumed"] == 0
        assert runner.hashes("train", job.cell) == killed[job.cell], job.cell
