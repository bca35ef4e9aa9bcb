"""A cell that two processes train together: started, stopped, killed and gone on with, to the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hembench.store import artefact
from hembench.store.progress import read_failure

STUDY = """\
study: several
seeds: [0]
conditions: [{dataset: digits, network: mlp_small, recipe: short}]
networks: {mlp_small: {network: mlp, width: 16, depth: 1}}
losses: {hem: {}}
recipes:
  short:
    optimiser: {name: adam, learning_rate: 0.003}
    epochs: 6
    batch_size: 32
    processes: 2
    augmentation: {name: crop_and_flip, flip: true, crop_padding: 1}
evaluate:
  predict: {main: {clean: true}}
"""
CELL = "digits-mlp_small-short-hem-s0"
EPOCH = 45
STEPS = 6 * EPOCH
"""1,437 images in batches of 32: the last 29 are a batch of their own."""

RUN = ["-m", "hembench", "run", "train", CELL]
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]


COUNTS = "steps"
"""Name of the counts: a letter for each step of each process."""


def start(runner: Any, *arguments: str, seconds: float = 1e6, **settings: float) -> subprocess.Popen[str]:
    """Start Python with ``arguments`` and settings of several/sitecustomize.py, which counts steps."""
    several = {f"SEVERAL_{name.upper()}": str(value) for name, value in settings.items()}
    several |= {"SEVERAL_COUNTS": str(runner.counts(COUNTS)), "HEMBENCH_STATE_SECONDS": str(seconds)}
    process: subprocess.Popen[str] = runner.start(*arguments, imports="several", **several)
    return process


def rank(launcher: subprocess.Popen[str], number: int) -> int:
    """Return the process id of one of the processes that ``hembench run`` has started."""
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
    wanted = f"RANK={number}".encode()
    (found,) = [int(one) for one in children if wanted in Path(f"/proc/{one}/environ").read_bytes().split(b"\0")]
    return found


@pytest.fixture(scope="module")
def everything(frozen: Any) -> Any:
    """The study with its prepared sets."""
    return frozen(STUDY, "fetch", "prepare")


@pytest.fixture(scope="module")
def uninterrupted(everything: Any) -> dict[str, str]:
    """Hashes of a run that nobody stopped, and went on to the prediction in one process."""
    messages = everything.finish(start(everything, *RUN))
    assert "starting 2 processes" in messages
    training, _, following = messages.partition("predict ")
    assert training.count("it uses the CPU") == 2, "once for the training, once for what follows"
    assert following
    assert [everything.done(COUNTS, letter) for letter in "ab"] == [STEPS, STEPS]
    assert artefact.is_done(everything.folder("predict"))
    return everything.hashes("train")


@pytest.fixture
def runner(everything: Any, uninterrupted: dict[str, str]) -> Any:
    """The study as if its training had never run."""
    everything.counts(COUNTS).unlink(missing_ok=True)
    everything.forget("train")
    return everything


def test_the_manifest_says_how_many_they_were(everything: Any, uninterrupted: dict[str, str]) -> None:
    run = everything.manifest("train")["run"]
    assert (run["processes"], run["images_per_process"]) == (2, 16)
    assert run["resumed"] == 0


def test_by_torchrun_it_is_the_same_result_under_the_same_key(runner: Any, uninterrupted: dict[str, str]) -> None:
    messages = runner.finish(start(runner, *TORCHRUN, "2", *RUN))
    assert "starting" not in messages
    assert runner.hashes("train") == uninterrupted
    assert not (runner.folder("train") / "state").exists()


def test_another_number_by_torchrun_is_refused(runner: Any) -> None:
    process = start(runner, *TORCHRUN, "3", *RUN)
    _, messages = process.communicate(timeout=300)
    assert process.returncode != 0
    assert f"started 3 processes for train {CELL}, which takes 2 (processes: in its recipe)" in messages
    assert not runner.folder("train").exists()


def test_stopped_and_killed_in_part_it_goes_on_to_the_same_bytes(
    runner: Any, uninterrupted: dict[str, str]
) -> None:
    process = start(runner, *RUN, sleep=0.02)
    runner.wait(process, COUNTS, "b", EPOCH + 10)
    os.kill(rank(process, 1), signal.SIGTERM)  # the one that does not write
    _, messages = process.communicate(timeout=300)
    assert process.returncode == 128 + signal.SIGTERM, messages
    stopped = runner.done(COUNTS, "a")
    assert stopped == runner.done(COUNTS, "b") < 2 * EPOCH, "all stop at the same step, within the epoch"
    place = f"epoch 2 of 6, step {stopped - EPOCH}"
    assert f"train {CELL}: stopped by SIGTERM at {place}; its state is saved. The same command" in messages
    assert "Traceback" not in messages
    assert sorted(path.name for path in runner.folder("train").iterdir()) == ["progress.json", "state"]

    process = start(runner, *RUN, sleep=0.02)
    runner.wait(process, COUNTS, "b", stopped + 20)
    process.kill()  # what has started them: nobody would stop them any more
    _, messages = process.communicate(timeout=300)
    assert f"goes on at {place}" in messages
    assert "stopped by SIGTERM at" in messages
    again = runner.done(COUNTS, "a")
    assert again == runner.done(COUNTS, "b") < stopped + 60

    process = start(runner, *RUN, sleep=0.02, seconds=0.1)
    runner.wait(process, COUNTS, "b", again + 30)
    os.kill(rank(process, 1), signal.SIGKILL)
    _, messages = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "process 2 of 2 was killed by SIGKILL" in messages
    assert "Traceback" not in messages
    failure = read_failure(runner.folder("train"))
    assert failure is not None
    assert failure.reason.startswith("another process of this training has ended without a word")

    process = start(runner, *RUN, sleep=0.02)
    runner.wait(process, COUNTS, "b", again + 60)
    for _ in range(3):  # SLURM sends it twice
        process.send_signal(signal.SIGTERM)
    _, messages = process.communicate(timeout=300)
    assert process.returncode == 128 + signal.SIGTERM, messages
    assert "its state is saved" in messages

    runner.finish(start(runner, *RUN))
    assert runner.hashes("train") == uninterrupted
    assert runner.manifest("train")["run"]["resumed"] == 4
    assert STEPS <= runner.done(COUNTS, "a") < STEPS + 60, "only what was not saved is done twice"


def test_an_error_of_one_ends_all_with_its_message(runner: Any) -> None:
    process = start(runner, *RUN, fail=20)
    _, messages = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "hembench run: the second rank has a message" in messages
    failure = read_failure(runner.folder("train"))
    assert failure is not None
    assert (
        failure.reason
        == "another process of this training has failed, process 2 of 2: the second rank has a message"
    )
    assert not (runner.folder("train") / "lease").exists()
