"""Jobs that fail or are killed, and jobs that somebody else makes meanwhile."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from made_jobs import PREDICT, SET, TRAIN, Stage, wait_for

from hembench.core.errors import InputError, LeaseHeldError
from hembench.plan.jobs import Job, Plan
from hembench.stages.api import Inputs
from hembench.stages.driver import Driver
from hembench.store import artefact, progress
from hembench.store.content import Content, text
from hembench.store.lease import LEASE, lease
from hembench.store.owner import Owner


def test_a_job_that_fails_publishes_nothing_holds_nothing_and_leaves_word(
    make: Callable[..., None], stage: Stage, results: Path
) -> None:
    stage.broken["prepare made-train"] = InputError("no such image")
    with pytest.raises(InputError):
        make(SET)
    assert sorted(path.name for path in (results / SET.path).iterdir()) == ["failure.json", "progress.json"]
    failure = progress.read_failure(results / SET.path)
    assert failure is not None
    assert failure.reason == "no such image"
    stage.broken.clear()
    make(SET)
    artefact.verified(results / SET.path)
    assert progress.read_failure(results / SET.path) is None


def test_under_a_scheduler_a_job_that_somebody_makes_ends_at_once(
    make: Callable[..., None], stage: Stage, results: Path
) -> None:
    with (
        lease(results / SET.path, "123", wait=True, finished=lambda: False),
        pytest.raises(LeaseHeldError, match="is being built by job 123"),
    ):
        make(SET, wait=False)
    assert stage.calls == []


def test_what_somebody_makes_is_left_out_of_the_chain(
    make: Callable[..., None], stage: Stage, results: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    make(SET)
    with lease(results / PREDICT.path, wait=True, finished=lambda: False):
        make(TRAIN)
    assert stage.made[1:] == ["train made-ce-s0", "attack made-ce-s0-linf"]
    assert "predict made-ce-s0-main: somebody else is making it" in caplog.text


@pytest.mark.parametrize("other_finishes", [True, False])
def test_a_job_whose_lease_was_taken_over_says_so_before_it_publishes_and_the_first_result_stays(
    make: Callable[..., None],
    stage: Stage,
    results: Path,
    other_finishes: bool,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, told = results / SET.path, []
    publish = artefact.publish

    def overtaken(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
        (folder / LEASE).write_text(json.dumps(asdict(Owner.this_process())))  # as if this one had slept
        if other_finishes:
            publish(folder, {"a.txt": text("the other one's")}, {"ingredients": SET.ingredients})
        return stage.compute(inputs, options)

    def noted(*arguments: Any) -> None:
        told.append("somebody took this lease over" in caplog.text)
        publish(*arguments)

    monkeypatch.setattr(sys.modules["hembench.stages.fake"], "compute", overtaken)
    monkeypatch.setattr(artefact, "publish", noted)
    make(SET)
    assert told == [True]
    assert (folder / LEASE).exists(), "the other one's lease is not ours to end"
    assert ((folder / "a.txt").read_text() == "the other one's") is other_finishes
    assert artefact.is_done(folder)


@pytest.mark.parametrize("other_finishes", [True, False])
def test_on_one_machine_a_job_waits_for_who_makes_its_result(
    make: Callable[..., None],
    stage: Stage,
    results: Path,
    other_finishes: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    folder = results / SET.path
    waiter = threading.Thread(target=make, args=(SET,))
    with lease(folder, wait=True, finished=lambda: False):
        waiter.start()
        wait_for(lambda: "prepare made-train: waiting, process" in caplog.text)
        assert stage.calls == []
        if other_finishes:
            artefact.publish(folder, {"a.txt": text("the other one's")}, {"ingredients": SET.ingredients})
    waiter.join(60)
    assert not waiter.is_alive()
    assert stage.made == ([] if other_finishes else ["prepare made-train"])
    assert ((folder / "a.txt").read_text() == "the other one's") == other_finishes
    assert artefact.is_done(folder)


KILLED_WHILE_IT_WRITES = """
import os, signal, sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from hembench.plan.jobs import Job, Plan
from hembench.stages.driver import Driver
from hembench.store.content import text

def die(path):
    path.write_text("half of it")
    os.kill(os.getpid(), signal.SIGKILL)

module = ModuleType("hembench.stages.fake")
module.compute = lambda inputs, options: {"a.txt": text("whole"), "b.txt": die}
sys.modules[module.__name__] = module
job = Job("prepare", "made-train", "fake", {}, {}, {}, {"code": "c0de"})
plan = Plan("tiny", {job.path: job}, {"c0de": {}})
print(job.path, flush=True)
Driver(plan, Path(sys.argv[1]), Path(sys.argv[1])).make(job)
"""


def test_a_job_killed_while_it_writes_leaves_no_result_and_the_next_one_makes_it(
    stage: Stage, results: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_IT_WRITES, str(results)]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    folder = results / killed.stdout.strip()
    assert (folder / LEASE).exists(), "it died in the middle of its work"
    assert artefact.read_manifest(folder) is None
    assert not artefact.is_done(folder)

    again = Job("prepare", "made-train", "fake", {"name": "again", "dataset": "made"}, {}, {}, {"code": "c0de"})
    plan = Plan("tiny", {again.path: again}, {"c0de": {}})
    assert results / again.path == folder
    Driver(plan, results, tmp_path).make(again)
    artefact.verified(folder)
    assert {path.name for path in folder.iterdir()} == {"a.txt", "b.txt", "manifest.json", "done"}
