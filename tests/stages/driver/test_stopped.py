"""Signals, and states that are gone on from."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_jobs import EVALUATE, SET, TRAIN, Stage

from hembench.core.checkpoint import Unsaved
from hembench.core.errors import ConfigError, StoppedError
from hembench.stages import driver
from hembench.stages._ranks import Together
from hembench.stages._stopping import Stop
from hembench.stages.api import Inputs
from hembench.store import artefact
from hembench.store.content import Content
from hembench.store.environment import Meter
from hembench.store.state import State


def test_a_stopped_job_keeps_its_state_holds_nothing_and_goes_on(
    make: Callable[..., None], stage: Stage, results: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    before = signal.getsignal(signal.SIGTERM)
    make(SET)
    stage.signalled.add("train made-ce-s0")
    with pytest.raises(StoppedError, match=r"train made-ce-s0: stopped by SIGTERM at step 7; its state is saved"):
        make(TRAIN)
    assert signal.getsignal(signal.SIGTERM) is before
    assert sorted(path.name for path in (results / TRAIN.path).iterdir()) == ["progress.json", "state"]
    assert stage.made == ["prepare made-train", "train made-ce-s0"], "it did not go on along the chain"
    make(TRAIN, chain=False)
    assert stage.calls[-1][0].state.load() is None, "a finished result has no state"
    run = artefact.verified(results / TRAIN.path)["run"]
    assert run["resumed"] == 0, "this stage has not asked for its state"


def test_times_of_all_attempts_are_in_the_manifest(
    make: Callable[..., None], stage: Stage, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(SET)
    stage.signalled.add("train made-ce-s0")
    with pytest.raises(StoppedError):
        make(TRAIN)
    saved, compute = [], stage.compute

    def going_on(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
        saved.append(inputs.state.load())
        return compute(inputs, options)

    monkeypatch.setattr(sys.modules["hembench.stages.fake"], "compute", going_on)
    make(TRAIN, chain=False)
    assert saved == [b"state of train made-ce-s0"]
    run = artefact.verified(results / TRAIN.path)["run"]
    assert run["resumed"] == 1
    assert run["wall_seconds"] >= run["attempts"][0]["wall_seconds"]
    assert {path.name for path in (results / TRAIN.path).iterdir()} == {"a.txt", "b.txt", "manifest.json", "done"}


def test_a_signal_along_the_chain_ends_it_there_and_the_training_is_finished(
    make: Callable[..., None], stage: Stage, results: Path
) -> None:
    stage.signalled.add("predict made-ce-s0-main")
    with pytest.raises(StoppedError, match="predict made-ce-s0-main: stopped"):
        make(SET, TRAIN)
    assert artefact.is_done(results / TRAIN.path)
    assert stage.made[-1] == "predict made-ce-s0-main"
    make(TRAIN)
    assert stage.made[-2:] == ["predict made-ce-s0-main", "attack made-ce-s0-linf"]


def test_a_signal_at_the_very_end_publishes_and_does_not_go_on(
    make: Callable[..., None], stage: Stage, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = artefact.publish

    def signalled(folder: Path, *arguments: Any) -> None:
        if folder == results / TRAIN.path:
            os.kill(os.getpid(), signal.SIGTERM)
        publish(folder, *arguments)

    monkeypatch.setattr(artefact, "publish", signalled)
    with pytest.raises(StoppedError, match="train made-ce-s0: finished; what follows it is not") as caught:
        make(SET, TRAIN)
    assert caught.value.number == signal.SIGTERM
    artefact.verified(results / TRAIN.path)
    assert stage.made[-1] == "train made-ce-s0"


def test_only_stages_that_take_long_keep_a_state(make: Callable[..., None], stage: Stage) -> None:
    make(SET, TRAIN, EVALUATE)
    kinds = {options["name"].split()[0]: type(inputs.state) for inputs, options in stage.calls}
    assert kinds == {"prepare": Unsaved, "train": State, "predict": State, "attack": State, "evaluate": Unsaved}


def test_a_prediction_that_saves_nothing_is_ended_by_a_signal_at_once(tmp_path: Path) -> None:
    """Else it would live on until SLURM kills it, and all the same lose what it has."""

    def keeps(file: str) -> bool:
        job = replace(TRAIN, stage="predict", file=file)
        return driver._state(job, tmp_path, Meter(), "cpu", Stop(), Together()) is not None

    stages = Path(driver.__file__).parent
    for file in ("predict", "predict_dense", "predict_episodes"):
        assert keeps(file) is ("inputs.state" in (stages / f"{file}.py").read_text()), file
    assert not keeps("predict_episodes")


@pytest.mark.parametrize("given", ["often", "-1", "nan"])
def test_the_time_between_saves_is_checked(
    make: Callable[..., None], stage: Stage, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("HEMBENCH_STATE_SECONDS", given)
    make(SET)
    with pytest.raises(ConfigError, match=f"HEMBENCH_STATE_SECONDS is '{given}'"):
        make(TRAIN)
    assert stage.made == ["prepare made-train"]


@pytest.mark.parametrize(("number", "files"), [(0, ["1"]), (1, [])])
def test_of_several_processes_the_first_keeps_the_state(tmp_path: Path, number: int, files: list[str]) -> None:
    together = Together()
    together.count, together.number = 2, number
    state = driver._state(TRAIN, tmp_path, Meter(), "cpu", Stop(), together)
    assert state is not None
    state.save(b"state", "step 7")
    assert [path.name for path in tmp_path.glob("state/*")] == files
