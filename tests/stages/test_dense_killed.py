"""Killed in the middle of a training of segmentation, the same command goes on and ends with the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hembench.commands._study import load_study, project_root
from hembench.core.plugins import PACKAGE
from hembench.plan.study import read
from hembench.stages.driver import Driver
from hembench.store import artefact
from hembench.store.frozen import freeze

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
CELL, STEPS = "digit_scenes-fcn_small-short-hem_plus-s0", 60


def test_killed_and_resumed_it_has_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEMBENCH_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("HEMBENCH_DATA", str(tmp_path / "data"))
    (tmp_path / "killed.yaml").write_text(STUDY)
    loaded = load_study(read(tmp_path / "killed.yaml"), project_root())
    driver = Driver(loaded.plan, loaded.results, loaded.data)
    for stage in ("fetch", "prepare", "derive"):
        for job in loaded.plan.of_stage(stage):
            driver.make(job)
    plan = freeze(loaded.plan, loaded.results, PACKAGE)
    folders = {stage: loaded.results / loaded.plan.of_stage(stage)[0].path for stage in ("train", "predict")}
    counts = tmp_path / "counts"

    def start(seconds: float, sleep: float) -> subprocess.Popen[str]:
        environment = {**os.environ, "HEMBENCH_PLAN": str(plan), "HEMBENCH_STATE_SECONDS": str(seconds)}
        environment |= {"PYTHONPATH": str(plan.parent / "src"), "OMP_NUM_THREADS": "1"}
        environment.pop("SLURM_JOB_ID", None)
        command = [sys.executable, str(Path(__file__).with_name("resume_main.py")), str(counts), str(sleep)]
        command += ["run", "train", CELL]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=tmp_path)

    process = start(seconds=0.02, sleep=0.05)
    end = time.monotonic() + 240
    while not counts.is_file() or counts.read_text().count("t") < 25:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end, "it never came so far"
        time.sleep(0.005)
    process.kill()
    process.communicate()
    messages = start(seconds=1e6, sleep=0.0).communicate(timeout=240)[1]
    assert "goes on at epoch" in messages
    assert STEPS <= counts.read_text().count("t") < 1.5 * STEPS, "only what was not saved is done twice"
    resumed = {stage: artefact.verified(folder) for stage, folder in folders.items()}
    assert resumed["train"]["run"]["resumed"] == 1

    for stage, folder in folders.items():
        folder.rename(tmp_path / f"old-{stage}")
    for stage in folders:  # in this process, by another driver, never stopped
        (job,) = loaded.plan.of_stage(stage)
        driver.make(job)
    for stage, folder in folders.items():
        again = artefact.verified(folder)
        assert again["run"]["resumed"] == 0
        assert again["files"] == resumed[stage]["files"], stage
