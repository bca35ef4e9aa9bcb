"""Runs that something happens to: a job fails, the controller is killed, the code is edited meanwhile."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

CE, HEM = "digits-mlp_tiny-one_epoch-ce-s0", "digits-mlp_tiny-one_epoch-hem-s0"

GATE = """\
    import time
    from pathlib import Path

    for _ in range(2400):
        if Path({gate!r}).exists():
            break
        time.sleep(0.05)
"""
"""Holds a training until the test makes a file; given up after two minutes, so that nothing is left behind."""


def with_gate(project: Any, loss: str, criterion: str) -> Path:
    """Make the trainings of a loss wait for the file that is returned."""
    gate = project.root / f"gate-{loss}"
    line = f"    return {criterion}("
    project.edit(f"src/hembench/losses/{loss}.py", line, GATE.format(gate=str(gate)) + line)
    return gate


def stale(project: Any) -> set[str]:
    return {path for path, state in project.plan().items() if state == "missing"}


def path_of(project: Any, stage: str, cell: str) -> str:
    (path,) = [path for path in project.plan() if path.startswith(f"{stage}/{cell}")]
    return path


def owner_of(project: Any, path: str) -> int:
    """Return the process that is making a result."""
    return int(json.loads((project.results / path / "lease").read_bytes())["pid"])


BREAKS = {
    "an error for the user": (
        '    raise InputError("hem: the moon is full.")\n',
        f"train {HEM}: hem: the moon is full.",
    ),
    "a defect": ('    raise ZeroDivisionError("not foreseen")\n', "ZeroDivisionError: not foreseen"),
    "killed": (
        "    import os\n\n    os.kill(os.getpid(), 9)\n",
        f"train {HEM}: it ended without a message: killed, perhaps for want of memory",
    ),
}
"""What is put into a loss, and what the run says of it."""


@pytest.mark.parametrize(("broken", "said"), BREAKS.values(), ids=BREAKS)
def test_a_failed_job_says_why_and_stops_only_what_needs_it(finished: Any, broken: str, said: str) -> None:
    # ce is to be made again, and hem with a loss that breaks
    first = finished.contents()
    for stage, cell in (("train", CE), ("predict", f"{CE}-main")):
        finished.hembench("gc", cell, stage, "--study", "tiny", "--yes")
    line = "    if margin is None:"
    finished.edit("src/hembench/losses/hem.py", line, broken + line)
    expected, computed = stale(finished), finished.computed()
    train = path_of(finished, "train", HEM)
    # the one that breaks goes first, alone: only --keep-going gets any further
    failed = finished.snakemake("--cores", "1", "--prioritize", f"results/{train}/done", check=False)

    assert failed.returncode == 1
    output = failed.stdout + failed.stderr
    assert said in output
    assert "failed; what needs them is not made" in output
    assert output.count("digits-mlp_tiny-one_epoch-hem-s0: ") == 1, "what merely waits for it has not failed"
    made = {path.rpartition("/")[0] for path in finished.computed() - computed}
    assert made == {f"train/{CE}", f"predict/{CE}-main", f"train/{HEM}"}
    assert stale(finished) == {path for path in expected if CE not in path}
    left = {path.name for path in (finished.results / train).glob("*")}
    assert left <= {"lease", "progress.json", "failure.json"}, "nothing is published"
    assert finished.contents() == first

    # mended, with another result than before: only its results are made
    finished.edit("src/hembench/losses/hem.py", broken + line, f"    margin_constant += 1.0\n{line}")
    expected, computed = stale(finished), finished.computed()
    finished.snakemake()
    assert finished.computed() - computed == dict.fromkeys(expected, 1)
    assert {path.rpartition("/")[0] for path in expected} == {
        f"train/{HEM}",
        f"predict/{HEM}-main",
        "evaluate/digits-mlp_tiny-one_epoch",
        "table/tiny-summary",
        "figure/tiny-learning_curves",
        "report/tiny",
    }


def test_a_killed_controller_s_job_goes_on_and_the_next_run_takes_its_result(
    finished: Any, start: Any, wait_for: Any
) -> None:
    gate = with_gate(finished, "ce", "CrossEntropy")
    expected, before = stale(finished), finished.made()
    train = path_of(finished, "train", CE)
    first = start(finished)
    wait_for(lambda: train in finished.computed(), "the training starts")
    job = owner_of(finished, train)
    first.kill()
    assert owner_of(finished, train) == job
    os.kill(job, 0)  # raises if it is gone

    second = start(finished)
    logs = finished.results / "logs" / "train"
    waits = f"train {CE}: waiting, process {job} on "
    wait_for(
        lambda: any(waits in log.read_text() for log in logs.glob("*.log")), "the new job waits for the old one"
    )
    gate.touch()
    second.finish()
    assert finished.made() - before == dict.fromkeys(expected, 1)
    assert json.loads((finished.results / train / "manifest.json").read_bytes())["run"]["pid"] == job
    assert set(finished.plan().values()) == {"done"}
    done = finished.snakemake()
    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_job_that_was_killed_with_its_controller_is_made_by_the_next_run(
    finished: Any, start: Any, wait_for: Any
) -> None:
    gate = with_gate(finished, "ce", "CrossEntropy")
    expected, before = stale(finished), finished.made()
    train = path_of(finished, "train", CE)
    first = start(finished)
    wait_for(lambda: train in finished.computed(), "the training starts")
    first.clean()
    assert (finished.results / train / "lease").exists(), "it could not give its lease back"
    gate.touch()
    finished.snakemake()
    made = finished.made() - before
    assert made == {**dict.fromkeys(expected, 1), train: 2}
    assert set(finished.plan().values()) == {"done"}


def test_an_edit_during_a_run_counts_from_the_next_one(finished: Any, start: Any, wait_for: Any) -> None:
    gate = with_gate(finished, "ce", "CrossEntropy")
    plan, expected, before = finished.plan(), stale(finished), finished.made()
    train = path_of(finished, "train", CE)
    running = start(finished)
    wait_for(lambda: train in finished.computed(), "the training starts")

    # what runs now, what waits in the queue, and boundary code, which would stop every job
    finished.edit(
        "src/hembench/losses/ce.py",
        "    return CrossEntropy(",
        "    label_smoothing = 0.5\n    return CrossEntropy(",
    )
    finished.edit("src/hembench/tables/summary.py", 'TITLE = "Headline results"', 'TITLE = "Edited in between"')
    finished.edit(
        "src/hembench/stages/driver.py",
        "from __future__",
        'raise SystemExit("edited in between")\nfrom __future__',
    )
    gate.touch()
    running.finish()
    assert finished.made() - before == dict.fromkeys(expected, 1)
    assert all((finished.results / path / "done").exists() for path in plan)
    page = finished.root / "reports" / "tiny" / "index.html"
    assert "Edited in between" not in page.read_text()
    old = json.loads((finished.results / train / "history.json").read_bytes())

    finished.edit("src/hembench/stages/driver.py", 'raise SystemExit("edited in between")\n', "")
    expected, before = stale(finished), finished.made()
    assert not expected & plan.keys()
    finished.snakemake()
    assert finished.made() - before == dict.fromkeys(expected, 1)
    assert {path.split("/")[0] for path in expected} == {
        "train",
        "predict",
        "evaluate",
        "table",
        "figure",
        "report",
    }
    assert "Edited in between" in page.read_text()
    new = json.loads((finished.results / path_of(finished, "train", CE) / "history.json").read_bytes())
    assert new["train_loss"] != old["train_loss"]
