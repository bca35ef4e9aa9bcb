"""Killed in the middle of a training of segmentation, the same command goes on and ends with the same bytes."""

from __future__ import annotations

from typing import Any

from hembench.stages.driver import Driver

STUDY = """\
study: killed
seeds: [0]
conditions: [{dataset: digit_scenes, network: fcn_small, recipe: short, dense: {batch_size: 30}}]
networks: {fcn_small: {network: fcn, channels: 4}}
losses: {hem_plus: {}}
recipes:
  short:
    optimiser: {name: sgd, learning_rate: 0.05, momentum: 0.9}
    epochs: 3
    batch_size: 10
    augmentation: {name: random_crop, flip: true, height: 24, width: 20}
tables: [segmentation]
figures: []
"""
CELL, STEPS = "digit_scenes-fcn_small-short-image-hem_plus-s0", 60


def test_killed_and_resumed_it_has_the_same_bytes(frozen: Any) -> None:
    runner = frozen(STUDY, "fetch", "prepare", "derive")
    process = runner.counted("killed", "train", CELL, seconds=0.02, sleep=0.05)
    runner.wait(process, "killed", "t", 25)
    process.kill()
    process.communicate()
    messages = runner.finish(runner.counted("killed", "train", CELL))
    assert "goes on at epoch" in messages
    assert STEPS <= runner.done("killed", "t") < 1.5 * STEPS, "only what was not saved is done twice"
    assert runner.manifest("train")["run"]["resumed"] == 1
    resumed = {stage: runner.hashes(stage) for stage in ("train", "predict")}

    for stage in resumed:
        runner.forget(stage)
    driver = Driver(runner.loaded.plan, runner.loaded.results, runner.loaded.data)
    for stage in resumed:  # in this process, by another driver, never stopped
        (job,) = runner.loaded.plan.of_stage(stage)
        driver.make(job)
    for stage, found in resumed.items():
        assert runner.manifest(stage)["run"]["resumed"] == 0
        assert runner.hashes(stage) == found, stage
