"""Every file operation of a job, and of what else changes results, fails once: an error, a full disk, a kill.

Jobs are made by the driver, as in the workflow: it checks what they read, takes a lease, keeps a state half way,
has one file written in parts, and publishes, tables among others. After each failure there is the old state or the
complete new one, never a torn result, and the next run finishes.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hembench.core.atomic import write_bytes
from hembench.core.digest import short
from hembench.core.errors import StoreError
from hembench.plan.jobs import Job, Plan, by_path
from hembench.stages import driver
from hembench.stages.api import Inputs
from hembench.store import artefact, content, gc
from hembench.store.adopt import adopt
from hembench.store.frozen import freeze, read_plan
from hembench.store.verify import clean, problems, repair, verify

KINDS = ("EIO", "ENOSPC", "kill")

TABLE = pd.DataFrame({"metric": ["accuracy", "auroc"] * 400, "value": np.linspace(0.0, 1.0, 800)})

FILES: dict[str, content.Content] = {
    "weights.npz": content.arrays(a=np.arange(3000.0), b=np.ones(7)),
    "history.json": content.json_file({"train_loss": [1.0, 0.5]}),
    "metrics.parquet": content.frame(TABLE),
    "metrics.csv": content.csv(TABLE),
    "page.html": content.text("<p>" * 3000),
}

SET = Job("prepare", "digits-train", "fake", {}, {}, {}, {"stage": "prepare", "code": "1"})

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_flushing", "stage")]


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, content.Content]:
    """Compute as a stage does that takes long: on from its state, if there is one, and a file in parts."""
    if inputs.state.load() is None:
        inputs.state.save(b"the first part", "half way")
    part = inputs.state.part("weights.npz", FILES["weights.npz"])
    inputs.progress(1.0, "the end")
    return {**FILES, "weights.npz": part}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make ``compute`` a stage that keeps a state, and fill the caches that each attempt's process begins with."""
    module = ModuleType("hembench.stages.fake")
    module.compute = compute  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(driver, "LONG", (*driver.LONG, "fake"))
    make(with_what_is_read(tmp_path / "before"), job())


def job(code: str = "1") -> Job:
    inputs = {"set": SET.key}
    ingredients = {"stage": "evaluate", "schema": 1, "options": {}, "code": code, "inputs": inputs}
    return Job("evaluate", "digits-mlp", "fake", {}, {}, {"set": SET.path}, ingredients)


def with_what_is_read(results: Path) -> Path:
    """Return the folder of results with the set that jobs read."""
    manifest = {"stage": "prepare", "ingredients": SET.ingredients}
    artefact.publish(results / SET.path, {"images.npz": content.arrays(a=np.ones(5))}, manifest)
    return results


def make(results: Path, job: Job) -> None:
    """Let the driver make a result, as ``hembench run`` does."""
    plan = Plan("s", by_path([SET, job]), {"1": {"hembench.f": "1"}, "2": {"hembench.f": "2"}})
    driver.Driver(plan, results, results.parent / "data").make(job)


def whole(folder: Path) -> bool:
    """Return whether the result is there and whole; fail if it is neither that nor absent."""
    if artefact.read_manifest(folder) is None:
        assert not artefact.is_done(folder), "a marker without a result"
        return False
    assert problems(folder) == []
    assert {*artefact.verified(folder)["files"]} == {*FILES}
    return True


def left_over(folder: Path) -> set[str]:
    """Return what lies in the folder beside the result; a dead owner's lease is nobody's business."""
    names = {path.name for path in folder.iterdir() if not path.name.startswith((".lease-", "takeover-"))}
    return names - {*FILES, "manifest.json", "done", "lease"}


@dataclass
class Trial:
    """Runs an action on a fresh folder once for every file operation of it, and tells what became of each."""

    attempt: Callable[..., str]
    kind: str
    root: Path
    outcomes: list[str] = field(default_factory=list)

    def each(self, prepare: Callable[[Path], None], act: Callable[[Path], object]) -> Iterator[Path]:
        """Yield the folder of results after each attempt; the last one was left alone."""
        for number in itertools.count(1):
            results = self.root / str(number) / "results"
            prepare(with_what_is_read(results))
            outcome = self.attempt(lambda results=results: act(results), number, self.kind, results)
            self.outcomes.append(outcome)
            yield results
            if outcome == "untouched":
                break

    def count(self, *outcomes: str) -> int:
        return sum(self.outcomes.count(outcome) for outcome in outcomes)


@pytest.fixture(params=KINDS)
def trial(request: pytest.FixtureRequest, attempt: Callable[..., str], tmp_path: Path) -> Trial:
    return Trial(attempt, request.param, tmp_path)


def test_making_a_result(trial: Trial) -> None:
    wanted = job()
    folders = []
    for results in trial.each(lambda results: None, lambda results: make(results, wanted)):
        folder = results / wanted.path
        before = whole(folder) and (folder / artefact.MANIFEST).stat().st_mtime_ns
        make(results, wanted)
        assert whole(folder)
        assert artefact.is_done(folder)
        if not before:  # else the fault hit the tidying up after it
            assert left_over(folder) == set()
        assert {name: (folder / name).read_bytes() for name in FILES} == expected(trial.root)
        if before:
            assert (folder / artefact.MANIFEST).stat().st_mtime_ns == before, "it was made twice"
        clean(results, verify(results, [SET, wanted]))
        assert verify(results, [SET, wanted]) == []
        folders.append(before)
    assert folders[-1], "nothing failed, so it was there before the second run"
    assert folders.count(False) > 20, "most operations come before the manifest"
    assert trial.count("killed" if trial.kind == "kill" else "failed") > 20


def expected(root: Path) -> dict[str, bytes]:
    folder = root / "expected"
    folder.mkdir(exist_ok=True)
    for name, write in FILES.items():
        (folder / name).unlink(missing_ok=True)
        write(folder / name)
    return {name: (folder / name).read_bytes() for name in FILES}


def test_writing_a_file_that_is_there(trial: Trial) -> None:
    old, new = b"old" * 9000, b"new" * 9000

    def act(results: Path) -> None:
        write_bytes(results / "a.bin", new)

    for results in trial.each(lambda results: write_bytes(results / "a.bin", old) and None, act):
        found = (results / "a.bin").read_bytes()
        assert found in (old, new), "torn"
    assert found == new
    assert len(trial.outcomes) > 4, "opening, writing, flushing, renaming, flushing the folder"


def test_a_job_that_finds_its_result(trial: Trial) -> None:
    wanted = job()

    def unmarked(results: Path) -> None:
        make(results, wanted)
        (results / wanted.path / artefact.MARKER).unlink()

    for results in trial.each(unmarked, lambda results: make(results, wanted)):
        assert whole(results / wanted.path), "a finished result was harmed"
        make(results, wanted)
        assert artefact.is_done(results / wanted.path)


def test_taking_over_what_a_killed_job_left(trial: Trial, attempt: Callable[..., str]) -> None:
    wanted = job()

    def abandoned(results: Path) -> None:
        assert attempt(lambda: make(results, wanted), 25, "kill", results) == "killed"
        assert (results / wanted.path / "lease").exists()
        assert not whole(results / wanted.path)

    for results in trial.each(abandoned, lambda results: make(results, wanted)):
        before = whole(results / wanted.path)
        make(results, wanted)
        assert whole(results / wanted.path)
        assert before or left_over(results / wanted.path) == set()
    assert len(trial.outcomes) > 30


def test_adopting(trial: Trial) -> None:
    old, new = job(code="1"), job(code="2")

    def act(results: Path) -> None:
        adopt(results / old.path, results / new.path, new, "the same", {})

    for results in trial.each(lambda results: make(results, old), act):
        assert whole(results / old.path), "the source was harmed"
        whole(results / new.path)
        make(results, new)
        assert whole(results / new.path)
        assert whole(results / old.path)
    assert "adoption" in artefact.verified(results / new.path)


def test_freeing(trial: Trial) -> None:
    wanted = job()
    for results in trial.each(
        lambda results: make(results, wanted), lambda results: gc.free(results, wanted.path)
    ):
        folder = results / wanted.path
        there = whole(folder)
        if not there:
            assert not folder.exists() or left_over(folder) == set()
        gc.empty_trash(results)
        make(results, wanted)
        assert whole(folder)
        assert not list(results.glob(".trash-*"))
    assert not there


def test_setting_a_damaged_result_aside(trial: Trial) -> None:
    wanted = job()

    def damaged(results: Path) -> None:
        make(results, wanted)
        (results / wanted.path / "page.html").write_text("edited by hand")

    def act(results: Path) -> None:
        repair(results, verify(results, [SET, wanted]))

    for results in trial.each(damaged, act):
        folder = results / wanted.path
        aside = list((results / artefact.SET_ASIDE).glob("*"))
        assert len(aside) + (artefact.read_manifest(folder) is not None) == 1, "it is there or aside, never both"
        repair(results, verify(results, [SET, wanted]))
        make(results, wanted)
        assert whole(folder)
        (aside_now,) = (results / artefact.SET_ASIDE).glob("*")
        assert (aside_now / "page.html").read_text() == "edited by hand"
    assert aside == [aside_now]


def test_freezing_a_plan(trial: Trial, tmp_path: Path) -> None:
    package = tmp_path / "hembench"
    (package / "losses").mkdir(parents=True)
    (package / "losses" / "ce.py").write_text("x = 1\n" * 2000)
    (package / "__init__.py").touch()
    plan = Plan("s", by_path([SET, job()]), {}, {})
    for results in trial.each(lambda results: None, lambda results: freeze(plan, results, package)):
        for path in results.glob("plans/*/plan.json"):
            if not path.parent.name.startswith("."):
                assert read_plan(path) == plan
                assert (path.parent / "src/hembench/losses/ce.py").read_text() == "x = 1\n" * 2000
        path = freeze(plan, results, package)
        assert read_plan(path) == plan
        assert (path.parent / "src/hembench/losses/ce.py").read_text() == "x = 1\n" * 2000


def test_a_torn_result_would_be_noticed(results: Path) -> None:
    """The check of all the tests above can fail."""
    wanted = job()
    make(with_what_is_read(results), wanted)
    folder = results / wanted.path
    assert folder.name == short(wanted.ingredients)
    assert whole(folder)
    (folder / "page.html").write_bytes((folder / "page.html").read_bytes()[:-1])
    with pytest.raises(AssertionError):
        whole(folder)
    with pytest.raises(StoreError):
        artefact.verified(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(AssertionError, match="a marker without a result"):
        whole(folder)
