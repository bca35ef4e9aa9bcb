from __future__ import annotations

import argparse
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hembench.commands import status
from hembench.commands._study import Loaded, load
from hembench.core.errors import ConfigError, StoreError
from hembench.plan.jobs import Job
from hembench.store import artefact, progress
from hembench.store.content import text
from hembench.store.lease import LEASE, lease

Call = Callable[..., str]


@pytest.fixture
def demo(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """The demo's plan with results of its own."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("HEMBENCH_RESULTS", str(tmp_path / "results"))
    return load("demo")


@pytest.fixture
def call(demo: Loaded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    monkeypatch.setattr(status, "load", lambda name: demo)

    def call(*arguments: str) -> str:
        parser = argparse.ArgumentParser()
        status.add_arguments(parser)
        assert status.run(parser.parse_args(["demo", *arguments])) == 0
        return capsys.readouterr().out

    return call


def publish(demo: Loaded, *jobs: Job) -> None:
    for job in jobs:
        artefact.publish(demo.results / job.path, {"a.txt": text("x")}, {"ingredients": job.ingredients})


def line(printed: str, *words: str) -> str:
    (found,) = [line for line in printed.splitlines() if all(word in line.split() for word in words)]
    return found


def test_a_study_that_has_not_begun(call: Call, demo: Loaded) -> None:
    printed = call()
    assert f"{len(demo.plan.jobs)} waiting; results in {demo.results}" in printed
    assert line(printed, "digits-mlp_small", "ce").split()[2:] == ["0/3", "0/3", "0/6", "0/1"]
    assert line(printed, "hem_plus", "0/6").split() == ["hem_plus", "0/3", "0/3", "0/6"]
    assert "fetch 0/2   prepare 0/12" in printed
    assert not demo.results.exists(), "looking leaves no trace"


def test_each_standing_is_counted_in_its_place(call: Call, demo: Loaded) -> None:
    first, second, third = (demo.plan.find("train", f"digits-mlp_small-ce-s{seed}") for seed in range(3))
    publish(demo, first)
    failed, stopped = (
        demo.results / third.path,
        demo.results / demo.plan.find("train", "digits-mlp_small-ln-s0").path,
    )
    failed.mkdir(parents=True)
    progress.fail(failed, StoreError("its training set is damaged"))
    (stopped / "state").mkdir(parents=True)
    progress.tell(stopped, progress.Progress(0.5, "epoch 11 of 20, step 1", log="logs/train-ln.log"))
    with lease(demo.results / second.path, wait=False, finished=lambda: False):
        progress.tell(demo.results / second.path, progress.Progress(0.6, "epoch 13 of 20, step 7", 750.0))
        printed = call()
        document = json.loads(call("--json"))
    assert "1 done, 1 running, 1 failed, 1 stopped" in printed
    assert line(printed, "digits-mlp_small", "ce").split()[2:] == ["1/3", "1r", "1f", "0/3", "0/6", "0/1"]
    assert line(printed, "ln", "1s").split()[:3] == ["ln", "0/3", "1s"]
    assert "train digits-mlp_small-ce-s1: epoch 13 of 20, step 7, 60 %; 12 min to go; process" in printed
    assert "train digits-mlp_small-ce-s2: its training set is damaged" in printed
    assert "train digits-mlp_small-ln-s0: at epoch 11 of 20, step 1, 50 %; its state is saved" in printed
    assert "      logs/train-ln.log" in printed.splitlines()
    rows: dict[str, dict[str, Any]] = {row["path"]: row for row in document["jobs"]}
    assert document["count"] == dict(Counter(row["standing"] for row in rows.values()))
    running = rows[second.path]
    assert (running["condition"], running["variant"], running["seed"]) == ("digits-mlp_small", "ce", 1)
    assert (running["standing"], running["progress"]["seconds"]) == ("running", 750.0)
    assert rows[third.path]["reason"] == "its training set is damaged"


def test_a_finished_study_whose_trainings_are_gone(call: Call, demo: Loaded) -> None:
    publish(demo, *demo.plan.jobs.values())
    pruned = demo.plan.find("train", "digits-mlp_small-ce-s1")
    shutil.rmtree(demo.results / pruned.path)
    printed = call("--watch", "0.1")  # ends by itself
    assert f"{len(demo.plan.jobs) - 1} done, 1 not needed;" in printed
    assert line(printed, "digits-mlp_small", "ce").split()[2:] == ["3/3", "3/3", "6/6", "1/1"]


def test_watching_draws_again_until_ctrl_c(call: Call, demo: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        publish(demo, list(demo.plan.jobs.values())[len(naps)])
        if len(naps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    printed = call("--watch")
    assert naps == [5.0, 5.0, 5.0]
    assert [text in printed for text in (" 1 done", " 2 done", " 3 done")] == [True, True, False]


def test_a_large_grid_shows_the_rows_where_something_goes_on(
    call: Call, demo: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "ROWS", 3)
    publish(demo, demo.plan.find("train", "digits-mlp_small-ce-s0"))
    printed = call()
    assert "0 finished, 20 not begun (--all shows them)" in printed
    assert "ln " not in printed
    assert "not begun" not in call("--all")


def test_a_running_job_without_heartbeat_says_so(call: Call, demo: Loaded) -> None:
    folder = demo.results / demo.plan.find("train", "digits-mlp_small-ce-s0").path
    folder.mkdir(parents=True)
    (folder / LEASE).write_text(
        json.dumps({"token": "t", "host": "node7", "where": "x", "pid": 1, "started": "1"})
    )
    now = (folder / LEASE).stat().st_mtime
    os.utime(folder / LEASE, (now - 130, now - 130))
    assert "train digits-mlp_small-ce-s0: process 1 on node7; no heartbeat for 2 min" in call()


@pytest.mark.parametrize("arguments", [("--watch", "0"), ("--watch", "--json")])
def test_what_can_not_be_watched(call: Call, arguments: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="above 0, and goes with no --json"):
        call(*arguments)
