"""How jobs stand, by what lies in their folders; and what jobs say of themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hembench.core.errors import StoreError
from hembench.plan.jobs import Job
from hembench.store import artefact, progress
from hembench.store.lease import LEASE, lease
from hembench.store.survey import Seen, survey

Make = Callable[..., Job]
Publish = Callable[..., Path]


@pytest.fixture
def look(results: Path, job: Make) -> Callable[[], Seen]:
    """Return a look at the one job."""
    return lambda: survey(results, [job()])[job().path]


def elsewhere(folder: Path, age: float) -> None:
    """Give a folder the lease of another machine's job that was touched ``age`` seconds ago."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = {"token": "t", "host": "node7", "where": "node7 another boot", "pid": 1, "started": "5", "job": "123"}
    (folder / LEASE).write_text(json.dumps(owner))
    now = (folder / LEASE).stat().st_mtime
    os.utime(folder / LEASE, (now - age, now - age))


def test_nothing_begun_is_waiting_and_a_marker_is_done(
    results: Path, job: Make, publish: Publish, look: Callable[[], Seen]
) -> None:
    assert look() == Seen("waiting")
    (results / job().path).mkdir(parents=True)
    assert look() == Seen("waiting")
    publish(job())
    assert look() == Seen("done")


def test_a_job_of_this_machine(results: Path, job: Make, look: Callable[[], Seen]) -> None:
    folder = results / job().path
    with lease(folder, wait=False, finished=lambda: False):
        begun = progress.begin(folder)
        seen = look()
        assert (seen.standing, seen.progress, seen.owner) == (
            "running",
            begun,
            f"process {os.getpid()} on {begun.host}",
        )
        assert seen.beat is not None
        assert seen.beat < 10
    assert look().standing == "waiting"


@pytest.mark.parametrize(("age", "standing"), [(30.0, "running"), (200.0, "running"), (300.0, "failed")])
def test_a_job_of_another_machine_lives_by_its_heartbeat(
    results: Path, job: Make, look: Callable[[], Seen], age: float, standing: str
) -> None:
    elsewhere(results / job().path, age)
    seen = look()
    assert (seen.standing, seen.owner) == (standing, "job 123 on node7")
    if standing == "running":
        assert seen.beat == pytest.approx(age, abs=5)
    else:
        assert seen.reason == "job 123 on node7 ended without a message: killed, or its machine was lost"


def test_a_dead_job_with_its_state_is_stopped_and_tells_how_far_it_came(
    results: Path, job: Make, look: Callable[[], Seen]
) -> None:
    folder = results / job().path
    elsewhere(folder, 300.0)
    (folder / "state").mkdir()
    progress.tell(folder, progress.Progress(0.25, "epoch 5 of 20, step 3", 90.0))
    seen = look()
    assert seen.standing == "stopped"
    assert seen.progress is not None
    assert seen.progress.words == "epoch 5 of 20, step 3"
    assert seen.reason.startswith("job 123 on node7 ended without a message")
    (folder / LEASE).unlink()  # stopped in peace
    assert (look().standing, look().reason) == ("stopped", "")


def test_a_process_of_this_machine_that_is_gone_is_not_running(
    results: Path, job: Make, look: Callable[[], Seen]
) -> None:
    folder = results / job().path
    code = (
        "import sys, os, pathlib; from hembench.store.lease import lease\n"
        "with lease(pathlib.Path(sys.argv[1]), wait=False, finished=lambda: False): os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert (folder / LEASE).exists()
    assert look().standing == "failed"
    assert "ended without a message" in look().reason


def test_a_failure_says_why_and_goes_with_the_next_attempt(
    results: Path, job: Make, publish: Publish, look: Callable[[], Seen]
) -> None:
    folder = results / job().path
    folder.mkdir(parents=True)
    progress.fail(folder, StoreError("the input is damaged"))
    assert (look().standing, look().reason) == ("failed", "the input is damaged")
    progress.fail(folder, ZeroDivisionError("division by zero"))
    assert look().reason == "ZeroDivisionError: division by zero"
    progress.begin(folder)
    assert look().standing == "waiting"
    progress.fail(folder, StoreError("again"))
    publish(job())
    assert look() == Seen("done")
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "done", "manifest.json"]


def test_the_log_is_where_messages_go(results: Path, job: Make, tmp_path: Path) -> None:
    folder = results / job().path
    folder.mkdir(parents=True)
    code = (
        "import sys, pathlib; from hembench.store import progress\n"
        "progress.fail(pathlib.Path(sys.argv[1]), ValueError('x'))"
    )
    with (tmp_path / "job.log").open("w") as log:
        subprocess.run([sys.executable, "-c", code, str(folder)], stderr=log, check=True)
    failure = progress.read_failure(folder)
    assert failure is not None
    assert failure.log == str(tmp_path / "job.log")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"share": 1}', b"\xff"])
def test_damaged_words_are_no_words(results: Path, job: Make, look: Callable[[], Seen], content: bytes) -> None:
    folder = results / job().path
    elsewhere(folder, 10.0)
    for name in (artefact.PROGRESS, artefact.FAILURE):
        (folder / name).write_bytes(content)
    assert look().standing == "running"
    assert look().progress is None


def test_words_that_can_not_be_written_stop_nothing(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    progress.fail(gone, ValueError("x"))
    assert progress.begin(gone).words == "starting"
    assert not gone.exists()


def test_finished_results_are_told_by_their_markers_alone(
    results: Path, job: Make, publish: Publish, look: Callable[[], Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(job())
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} was read"))
    assert look() == Seen("done")
