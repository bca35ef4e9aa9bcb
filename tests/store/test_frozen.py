from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hembench.core.errors import ConfigError, StoreError
from hembench.plan.jobs import Job, Plan, by_path
from hembench.store import frozen


@pytest.fixture
def package(tmp_path: Path) -> Path:
    package = tmp_path / "checkout" / "src" / "hembench"
    (package / "losses" / "__pycache__").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "losses" / "hem.py").write_text("MARGIN = 1\n")
    (package / "losses" / "table.csv").write_text("a,b\n")
    (package / "losses" / "__pycache__" / "hem.cpython-311.pyc").write_bytes(b"compiled")
    return package


@pytest.fixture
def plan() -> Plan:
    train = Job("train", "c", "train", {"epochs": 1}, {"loss": ("losses", "hem", "build")}, {}, {"stage": "train"})
    return Plan("tiny", {train.path: train}, {"abc": {"hembench.losses.hem:build": "1"}}, {"results": "/r"})


def test_a_plan_comes_back_and_the_code_lies_beside_it(plan: Plan, package: Path, tmp_path: Path) -> None:
    path = frozen.freeze(plan, tmp_path / "results", package)
    assert path.parent.parent == tmp_path / "results" / "plans"
    assert frozen.thaw(path) == plan
    assert frozen.thaw(path.parent) == plan
    code = path.parent / "src" / "hembench"
    assert {file.relative_to(code).as_posix() for file in code.rglob("*") if file.is_file()} == {
        "__init__.py",
        "losses/hem.py",
        "losses/table.csv",
    }
    assert [folder.name for folder in path.parent.parent.iterdir()] == [path.parent.name]


def test_an_equal_plan_is_frozen_once_whatever_is_compiled_or_touched(
    plan: Plan, package: Path, tmp_path: Path
) -> None:
    first = frozen.freeze(plan, tmp_path / "results", package)
    os.utime(first.parent, (0, 0))
    inode = first.stat().st_ino
    (first.parent / "src" / "hembench" / "__pycache__").mkdir()
    (first.parent / "src" / "hembench" / "__pycache__" / "x.pyc").touch()
    (package / "losses" / "hem.py").touch()
    shutil.rmtree(package / "losses" / "__pycache__")
    assert frozen.freeze(plan, tmp_path / "results", package) == first
    assert first.stat().st_ino == inode
    assert first.parent.stat().st_mtime > 0


@pytest.mark.parametrize("edited", ["losses/hem.py", "losses/table.csv", "losses/new.py"])
def test_other_code_or_data_is_another_folder_and_the_old_one_stays(
    plan: Plan, package: Path, tmp_path: Path, edited: str
) -> None:
    first = frozen.freeze(plan, tmp_path / "results", package)
    (package / edited).write_text("MARGIN = 2\n")
    second = frozen.freeze(plan, tmp_path / "results", package)
    assert second != first
    assert (first.parent / "src" / "hembench" / "losses" / "hem.py").read_text() == "MARGIN = 1\n"
    assert (second.parent / "src" / "hembench" / edited).read_text() == "MARGIN = 2\n"


def test_other_settings_are_another_plan(plan: Plan, package: Path, tmp_path: Path) -> None:
    first = frozen.freeze(plan, tmp_path / "results", package)
    assert frozen.freeze(replace(plan, settings={"results": "/other"}), tmp_path / "results", package) != first


@pytest.mark.parametrize("damage", ["edit", "delete", "plan", "jobs"])
def test_a_frozen_copy_that_somebody_changed_is_replaced(
    plan: Plan, package: Path, tmp_path: Path, damage: str
) -> None:
    path = frozen.freeze(plan, tmp_path / "results", package)
    loss = path.parent / "src" / "hembench" / "losses" / "hem.py"
    if damage == "edit":
        loss.write_text("MARGIN = 3\n")
    elif damage == "delete":
        loss.unlink()
    elif damage == "jobs":
        (path.parent / "jobs.tsv").write_bytes(
            (path.parent / "jobs.tsv").read_bytes().replace(b"epochs", b"epochz")
        )
    else:
        path.write_text("{")
    assert frozen.freeze(plan, tmp_path / "results", package) == path
    assert loss.read_text() == "MARGIN = 1\n"
    assert frozen.thaw(path) == plan
    assert [folder.name for folder in path.parent.parent.iterdir()] == [path.parent.name]


def test_an_edit_while_the_code_is_copied_is_refused(
    plan: Plan, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit(root: Path) -> None:
        (tmp_path / "results").joinpath("plans").mkdir(exist_ok=True)
        for copied in (tmp_path / "results").rglob("hem.py"):
            copied.write_text("MARGIN = 4\n")

    monkeypatch.setattr(frozen, "git_state", edit)
    with pytest.raises(StoreError, match="was edited while the run was planned"):
        frozen.freeze(plan, tmp_path / "results", package)
    assert list((tmp_path / "results" / "plans").iterdir()) == []


def test_missing_and_damaged_plans_are_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"plan\.json: this frozen plan is gone"):
        frozen.thaw(tmp_path / "plan.json")
    (tmp_path / "plan.json").write_text("[]")
    with pytest.raises(StoreError, match="not a frozen plan"):
        frozen.thaw(tmp_path)


def test_an_edit_after_the_keys_were_computed_is_refused(plan: Plan, package: Path, tmp_path: Path) -> None:
    before = frozen.code_hashes(package)
    (package / "losses" / "hem.py").write_text("MARGIN = 5\n")
    with pytest.raises(StoreError, match="was edited while the run was planned"):
        frozen.freeze(plan, tmp_path / "results", package, before)


def freeze_slowly(plan: Plan, package: Path, results: Path) -> None:
    """Freeze a plan on a slow file system: others come in between any two steps."""
    look, rename = frozen._is_whole, Path.rename

    def slow_look(*arguments: Any) -> bool:
        answer = look(*arguments)
        time.sleep(0.05)
        return answer

    def slow_rename(self: Path, target: Path) -> Path:
        answer = rename(self, target)
        time.sleep(0.05)
        return answer

    frozen._is_whole, Path.rename = slow_look, slow_rename  # type: ignore[assignment]
    path = frozen.freeze(plan, results, package)
    for _ in range(200):  # from now on it is in use
        frozen.read_plan(path)
        time.sleep(0.002)


def test_several_controllers_that_find_the_same_damaged_plan(plan: Plan, package: Path, tmp_path: Path) -> None:
    path = frozen.freeze(plan, tmp_path / "results", package)
    path.write_text("{")
    fork = multiprocessing.get_context("fork")
    racing = [fork.Process(target=freeze_slowly, args=(plan, package, tmp_path / "results")) for _ in range(4)]
    for process in racing:
        process.start()
    for process in racing:
        process.join(60)
    assert [process.exitcode for process in racing] == [0, 0, 0, 0]
    assert frozen.thaw(path) == plan
    assert [folder.name for folder in path.parent.parent.iterdir()] == [path.parent.name]


def grid(cells: int) -> Plan:
    """Return trainings with two readers each, and one job that reads all of these."""
    jobs: list[Job] = []
    for number in range(cells):
        options = {"epochs": number}
        train = Job("train", f"c{number}", "train", options, {}, {}, {"stage": "train", "options": options})
        readers = [
            Job(stage, f"c{number}-x", stage, {}, {}, {"network": train.path}, {"input": train.key})
            for stage in ("predict", "attack")
        ]
        jobs += [train, *readers]
    inputs = {job.path: job.path for job in jobs if job.stage != "train"}
    jobs.append(Job("evaluate", "all", "evaluate", {}, {}, inputs, {"stage": "evaluate"}))
    return Plan("grid", by_path(jobs), {})


@pytest.mark.parametrize("cells", [0, 1, 2, 7, 64])
def test_every_job_is_found_with_its_readers(package: Path, tmp_path: Path, cells: int) -> None:
    plan = grid(cells)
    frozen_plan = frozen.thaw(frozen.freeze(plan, tmp_path / "results", package))
    assert frozen_plan == plan
    assert list(frozen_plan.jobs) == sorted(plan.jobs)
    assert len(frozen_plan.jobs) == len(plan.jobs)
    consumers = plan.consumers()
    for path, job in plan.jobs.items():
        assert frozen_plan.find(job.stage, job.cell) == job
        assert frozen_plan.find(job.stage, job.cell, job.key) == job
        assert frozen_plan.readers(path) == consumers[path] == plan.readers(path)
    assert "train/c1" not in frozen_plan.jobs
    for missing in ("", "a", "train/c0/", "train/zz/0123456789ab", "zz"):
        with pytest.raises(KeyError):
            frozen_plan.jobs[missing]
    with pytest.raises(ConfigError, match=r"has no evaluate of 'al'\. Did you mean 'all'"):
        frozen_plan.find("evaluate", "al")


def test_a_job_reads_its_own_lines_alone(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = frozen.freeze(grid(300), tmp_path / "results", package)
    parsed: list[int] = []

    def loads(text: bytes) -> Any:
        parsed.append(len(text))
        return json.loads(text)

    monkeypatch.setattr(frozen, "json", SimpleNamespace(loads=loads))
    plan = frozen.thaw(path)
    assert [plan.jobs[reader].stage for reader in plan.readers(plan.find("train", "c77").path)] == [
        "predict",
        "attack",
    ]
    assert len(parsed) == 5  # plan.json, the job, its readers' paths, both readers
    assert sum(parsed) < 2000


def test_a_torn_or_damaged_list_of_jobs_is_named(package: Path, tmp_path: Path) -> None:
    path = frozen.freeze(grid(5), tmp_path / "results", package)
    jobs = path.parent / "jobs.tsv"
    content = jobs.read_bytes()
    jobs.write_bytes(content[:-10])
    with pytest.raises(StoreError, match=r"plan\.json: not a frozen plan \(jobs\.tsv has \d+ bytes"):
        frozen.thaw(path)
    jobs.write_bytes(content.replace(b'"cell":"c3"', b'"cell":"c3"'[::-1]))
    with pytest.raises(StoreError, match=r"jobs\.tsv: damaged"):
        frozen.thaw(path).find("train", "c3")
    jobs.unlink()
    with pytest.raises(StoreError, match="this frozen plan is gone"):
        frozen.thaw(path)


def test_a_plan_in_one_file_as_they_were_is_still_read(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(plan.to_json()))
    assert frozen.thaw(tmp_path) == plan
