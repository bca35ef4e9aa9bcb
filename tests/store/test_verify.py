from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hembench.plan.jobs import Job
from hembench.store import artefact
from hembench.store.lease import lease
from hembench.store.verify import Finding, clean, repair, verify

Make = Callable[..., Job]
Publish = Callable[..., Path]


def rewrite(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))


def test_whole_missing_and_unfinished_results_are_not_wrong(results: Path, job: Make, publish: Publish) -> None:
    whole, missing, unfinished = job(code="1"), job(code="2"), job(code="3")
    publish(whole)
    (results / unfinished.path).mkdir()
    (results / unfinished.path / "a.txt").write_text("half")
    assert verify(results, [whole, missing, unfinished]) == []


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda folder: (folder / "a.txt").write_text("y"), "a.txt has another sha256 than the manifest says"),
        (lambda folder: (folder / "a.txt").unlink(), "a.txt is missing"),
        (
            lambda folder: (folder / "manifest.json").unlink(),
            "marked as done, but manifest.json is missing or torn, or not of our form",
        ),
        (
            lambda folder: rewrite(folder, ingredients={"stage": "train"}),
            "the ingredients in manifest.json give the key",
        ),
    ],
)
def test_damage_is_found_and_set_aside_and_nothing_else(
    results: Path, job: Make, publish: Publish, damage: Callable[[Path], object], problem: str
) -> None:
    damaged, whole = job(code="1"), job(code="2")
    publish(damaged)
    publish(whole)
    damage(results / damaged.path)
    (finding,) = findings = verify(results, [damaged, whole])
    assert finding.path == damaged.path
    assert finding.damaged
    assert finding.problem.startswith(problem)
    moved = repair(results, findings)
    assert not (results / damaged.path).exists()
    assert not artefact.is_done(results / damaged.path)
    assert artefact.check(results / whole.path) == []
    note = json.loads((moved[damaged.path] / "note.json").read_text())
    assert note["because"] == finding.problem
    assert not (moved[damaged.path] / "lease").exists()
    assert verify(results, [damaged, whole]) == []


def test_what_is_being_made_or_was_made_again_is_left_alone(results: Path, job: Make, publish: Publish) -> None:
    made = job()
    folder = publish(made)
    (folder / "a.txt").write_text("y")
    findings = verify(results, [made])
    with lease(folder, wait=False, finished=lambda: False):
        assert verify(results, [made]) == []
        assert repair(results, findings) == {}
    (folder / "a.txt").write_text("x")
    assert repair(results, findings) == {}
    assert artefact.check(folder) == []


def test_mixtures_of_libraries_and_devices_are_reported_by_stage_and_not_repaired(
    results: Path, job: Make, publish: Publish
) -> None:
    jobs = [job(code=code) for code in "123"]
    predict = job("predict")
    for each, torch, device in zip(jobs, ["2.11", "2.13", "2.13"], ["cpu", "cpu", "cuda"], strict=True):
        versions = {"torch": torch, "snakemake": each.key}
        publish(each, versions=versions, device=device, device_name="d", threads=1, precision="highest")
    publish(predict, versions={"torch": "2.12"}, device="cuda", device_name="d", threads=1, precision="highest")
    findings = verify(results, [*jobs, predict])
    assert findings == [
        Finding("train", "results are a mixture of torch: 2.11 (1 results), 2.13 (2 results)", False),
        Finding("train", "results are a mixture of device: cpu (2 results), cuda (1 results)", False),
    ]
    assert repair(results, findings) == {}


def test_the_device_of_a_stage_without_torch_does_not_matter(results: Path, job: Make, publish: Publish) -> None:
    jobs = [job("evaluate", code=code) for code in "12"]
    for each in jobs:
        publish(each, versions={}, device="cpu", device_name=each.key)
    assert verify(results, jobs) == []


def test_a_result_resumed_elsewhere_is_told_and_one_resumed_on_an_equal_machine_is_not(
    results: Path, job: Make, publish: Publish
) -> None:
    here, same, elsewhere = ({"torch": torch, "device_name": name} for torch, name in ("2A", "2A", "1B"))
    moved, stayed = job(code="1"), job(code="2")
    for each, attempts in ((moved, [same, elsewhere, elsewhere]), (stayed, [same])):
        folder = publish(each, versions={"torch": here["torch"]}, device_name=here["device_name"])
        rewrite(folder, run={"attempts": attempts})
    (finding,) = verify(results, [moved, stayed])
    expected = "went on, with torch 2 on A, from a state made with torch 1 on B"
    assert finding == Finding(moved.path, expected, False)
    assert repair(results, [finding]) == {}


def test_files_that_the_manifest_does_not_name_are_told_and_left_alone(
    results: Path, job: Make, publish: Publish
) -> None:
    folder = publish(job())
    (folder / "notes.txt").write_text("mine")
    (finding,) = findings = verify(results, [job()])
    assert finding == Finding(job().path, "the manifest does not name notes.txt: nothing reads it", False)
    assert (repair(results, findings), clean(results, findings)) == ({}, [])
    assert (folder / "notes.txt").read_text() == "mine"


def test_what_killed_jobs_left_in_a_finished_result_is_cleaned(results: Path, job: Make, publish: Publish) -> None:
    folder = publish(job())
    (folder / ".staging-host-1-x").mkdir()
    (folder / ".staging-host-1-x" / "a.txt").write_text("half")
    (folder / ".manifest.json.0000.tmp").write_text("{")
    (folder / "state").mkdir()
    (folder / "progress.json").write_text("{}")
    (finding,) = findings = verify(results, [job()])
    words = "left by a killed job: .manifest.json.0000.tmp, .staging-host-1-x, progress.json, state"
    assert finding == Finding(job().path, words, False, leftover=True)
    with lease(folder, wait=False, finished=lambda: False):
        assert verify(results, [job()]) == [], "somebody is at it"
        assert clean(results, findings) == []
    assert clean(results, findings) == [job().path]
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "done", "manifest.json"]
    assert verify(results, [job()]) == []


def test_a_result_that_is_being_made_again_is_not_cleaned_away(results: Path, job: Make, publish: Publish) -> None:
    """Between look and cleaning it was freed or set aside, and a new run has begun: hours are in its state."""
    folder = publish(job())
    (folder / "state").mkdir()
    findings = verify(results, [job()])
    shutil.rmtree(folder)
    with lease(folder, wait=False, finished=lambda: False) as held:
        (folder / "state").mkdir()
        assert clean(results, findings) == []
        assert held is not None
        assert held.mine()
        assert (folder / "state").is_dir()
    assert clean(results, findings) == [], "stopped: it goes on from there"
    assert (folder / "state").is_dir()


def test_what_repair_has_set_aside_is_not_cleaned(results: Path, job: Make, publish: Publish) -> None:
    folder = publish(job())
    (folder / "state").mkdir()
    (folder / "a.txt").write_text("damage")
    findings = verify(results, [job()])
    assert {(finding.damaged, finding.leftover) for finding in findings} == {(True, False), (False, True)}
    assert list(repair(results, findings)) == [job().path]
    assert clean(results, findings) == []
    assert not folder.exists()


def test_what_is_no_result_is_told_and_only_our_own_leftovers_are_removed(
    results: Path, job: Make, publish: Publish
) -> None:
    publish(job())
    for folder in ("train/mlp-hem-s0/copy", "train/mlp-hem-s0/0123456789ab", "logs/train", "set_aside/x"):
        (results / folder).mkdir(parents=True)
    for file in ("keep.txt", "weights.zip", "train/readme.txt"):
        (results / file).touch()
    old = ("plans/.staging-1", ".trash-1")
    for leftover in (*old, "plans/.staging-2", ".trash-2"):
        (results / leftover).mkdir(parents=True)
        (results / leftover / "x").touch()
    for leftover in old:
        os.utime(results / leftover, (time.time() - 7200,) * 2)
    findings = verify(results, [job()])
    strays = ["weights.zip", "train/readme.txt", "train/mlp-hem-s0/copy"]
    assert {finding.path for finding in findings if not finding.leftover} == set(strays)
    assert {finding.path for finding in findings if finding.leftover} == set(old)
    assert sorted(clean(results, findings)) == sorted(old)
    assert all((results / path).exists() for path in (*strays, "plans/.staging-2", ".trash-2"))
    assert {finding.path for finding in verify(results, [job()])} == set(strays)
