from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hembench.core.errors import LeaseHeldError, StoreError
from hembench.plan.jobs import Job, Plan, by_path
from hembench.store import artefact, gc
from hembench.store.adopt import adopt
from hembench.store.frozen import freeze
from hembench.store.lease import lease

Make = Callable[..., Job]
Publish = Callable[..., Path]


def age(folder: Path, days: float) -> None:
    os.utime(folder, (time.time() - days * 86400,) * 2)


def paths(results: Path, *wanted: Job) -> list[str]:
    return [row.path for row in gc.unneeded(results, [job.path for job in wanted], keep_days=30)]


def test_what_no_study_names_is_listed_with_size_and_age(results: Path, job: Make, publish: Publish) -> None:
    wanted, other = job(code="1"), job(code="2")
    publish(wanted)
    age(publish(other, "0123456789"), 3)
    (results / "logs" / "train").mkdir(parents=True)
    (results / "logs" / "train" / "0123456789ab").touch()
    (row,) = gc.unneeded(results, [wanted.path], keep_days=30)
    assert row.path == other.path
    assert row.size == 10 + (results / other.path / "manifest.json").stat().st_size
    assert row.days == pytest.approx(3, abs=0.01)


def test_recent_plans_the_kept_list_and_living_builders_protect(
    results: Path, job: Make, publish: Publish
) -> None:
    planned, listed, building, by_pattern = (job(code=code) for code in "1234")
    for each in (planned, listed, building):
        publish(each)
    by_pattern = job("attack", code="4")
    publish(by_pattern)
    package = results.parent / "hembench"
    package.mkdir()
    frozen = freeze(Plan("s", by_path([planned]), {}, {}), results, package)
    (results / "keep.txt").write_text(f"# of the article\n{listed.path}/  # table 2\n\nattack/mlp-*/*\n")
    with lease(results / building.path, wait=False, finished=lambda: False):
        assert paths(results) == []
    assert paths(results) == [building.path]
    age(frozen.parent, 31)
    with lease(results / planned.path, wait=False, finished=lambda: False):
        assert paths(results) == [building.path], "however old a plan is, its jobs read it"
    assert paths(results) == sorted([building.path, planned.path, f"plans/{frozen.parent.name}"])


def test_a_damaged_recent_plan_ends_it(results: Path) -> None:
    (results / "plans" / "abc").mkdir(parents=True)
    (results / "plans" / "abc" / "plan.json").write_text("{")
    with pytest.raises(StoreError, match="not a frozen plan"):
        gc.unneeded(results, [], keep_days=30)


def test_old_set_aside_artefacts_are_listed(results: Path, job: Make, publish: Publish) -> None:
    target = artefact.set_aside(publish(job()), "torn")
    assert paths(results) == []
    age(target, 31)
    assert paths(results) == [f"set_aside/{target.name}"]
    gc.free(results, f"set_aside/{target.name}")
    assert not target.exists()


def test_shared_files_give_nothing_back(results: Path, job: Make, publish: Publish) -> None:
    old, new = job(code="1"), job(code="2")
    source = publish(old, "0" * 1000)
    adopt(source, results / new.path, new, "same", {})
    (row,) = gc.unneeded(results, [new.path], keep_days=30)
    assert row.size < 1000
    gc.free(results, old.path)
    assert artefact.check(results / new.path) == []


def test_free_removes_the_artefact_and_an_empty_cell(results: Path, job: Make, publish: Publish) -> None:
    first, second = job(code="1"), job(code="2")
    publish(first)
    publish(second)
    gc.free(results, first.path)
    assert not (results / first.path).exists()
    assert artefact.check(results / second.path) == []
    gc.free(results, second.path)
    assert [path.name for path in results.rglob("*")] == ["train"]


def test_a_living_builder_is_left_alone(results: Path, job: Make, publish: Publish) -> None:
    folder = publish(job())
    with lease(folder, wait=False, finished=lambda: False), pytest.raises(LeaseHeldError):
        gc.free(results, job().path)
    assert artefact.check(folder) == []


def test_killed_while_deleting_nothing_half_is_left_under_the_key(
    results: Path, job: Make, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = publish(job())

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            gc.free(results, job().path)
    assert not folder.exists()
    assert paths(results) == []
    assert len(list(results.glob(".trash-*"))) == 1
    gc.empty_trash(results)
    assert not list(results.glob(".trash-*"))


@pytest.mark.parametrize(
    "path", ["train/c/0123456789ab", "", "train", "train/c", "logs/x/y", "../results", "plans/../x"]
)
def test_only_artefacts_plans_and_set_aside_ones_are_freed(results: Path, path: str) -> None:
    if path != "train/c/0123456789ab":
        (results / path).mkdir(parents=True, exist_ok=True)
    (results / "plans").mkdir(parents=True, exist_ok=True)
    with pytest.raises(StoreError, match=r"no such result|not an artefact"):
        gc.free(results, path)


def plan_of(study: str, *jobs: Job) -> Plan:
    return Plan(study, by_path(jobs), {}, {})


def made_for(folder: Path, study: str, **more: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"study": study} | more))


def test_where_a_study_can_not_be_read_only_results_of_others_are_freed(
    results: Path, job: Make, publish: Publish
) -> None:
    free, unknown, other, shared, planned, half = (job(code=code) for code in "123456")
    reads_shared = job("predict", code="7", network=shared)
    for each, study in ((free, "good"), (other, "broken"), (shared, "good"), (reads_shared, "broken")):
        made_for(publish(each), study, inputs=each.inputs)
    publish(unknown)  # by an older version, or by hand
    made_for(publish(planned), "good")
    (results / half.path).mkdir(parents=True)
    package = results.parent / "hembench"
    package.mkdir()
    kept = freeze(plan_of("broken", planned), results, package)
    gone = freeze(plan_of("good", free), results, package)
    for path in (kept, gone):
        age(path.parent, 100)
    rows = gc.unneeded(results, [], 30, gc.Broken(frozenset({"good"})))
    assert [row.path for row in rows] == sorted([f"plans/{gone.parent.name}", free.path])
    assert len(gc.unneeded(results, [], 30)) == 9, "all of it, where every study can be read"


def test_trainings_that_nothing_has_to_read_can_be_pruned(results: Path, job: Make, publish: Publish) -> None:
    done, half, unread, kept = (job(code=code) for code in "1234")
    readers = {
        code: job("predict", code=code, network=train) for code, train in (("a", done), ("b", half), ("c", kept))
    }
    attack = job("attack", code="d", network=half)
    for each in (done, half, unread, kept, *readers.values()):
        publish(each)
    (results / "keep.txt").write_text(f"{kept.path}\n")
    study = plan_of("s", done, half, unread, kept, *readers.values(), attack)
    assert [row.path for row in gc.prunable(results, [study], 30)] == [done.path]
    with lease(results / done.path, wait=False, finished=lambda: False):
        assert gc.prunable(results, [study], 30) == []
    package = results.parent / "hembench"
    package.mkdir()
    branch = freeze(plan_of("branch", done, job("attack", code="e", network=done)), results, package)
    assert gc.prunable(results, [study], 30) == [], "a branch that runs has not attacked it yet"
    age(branch.parent, 31)
    assert [row.path for row in gc.prunable(results, [study], 30)] == [done.path]
    publish(attack)
    assert {row.path for row in gc.prunable(results, [study], 30)} == {done.path, half.path}
    (results / readers["a"].path / "a.txt").write_text("cut")
    assert [row.path for row in gc.prunable(results, [study], 30)] == [half.path], "a damaged reader is made anew"
    (results / readers["b"].path / "manifest.json").unlink()
    assert gc.prunable(results, [study], 30) == []
