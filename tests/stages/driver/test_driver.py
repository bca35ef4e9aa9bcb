"""One job: its inputs, its result, its manifest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from made_jobs import ATTACK, EVALUATE, PLAN, PREDICT, SET, TRAIN, Stage, job

from hembench.core.errors import StoreError
from hembench.plan.jobs import Plan, by_path
from hembench.scores import msp
from hembench.stages import driver
from hembench.stages.driver import Driver
from hembench.store import artefact


def test_manifest_records_settings_that_held_while_torch_computed(
    tmp_path: Path, make: Callable[..., None]
) -> None:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)  # the caller's: given back, and not what a training ran with
    try:
        make(SET, TRAIN, chain=False)
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)
    manifest = artefact.read_manifest(tmp_path / "results" / TRAIN.path)
    assert manifest is not None
    assert manifest["environment"]["threads"] == 1
    assert manifest["environment"]["deterministic"] is True


def test_what_was_made_where_goes_along_in_manifests(tmp_path: Path, make: Callable[..., None]) -> None:
    make(SET, TRAIN, ATTACK, EVALUATE)
    manifest = artefact.read_manifest(tmp_path / "results" / EVALUATE.path)
    assert manifest is not None
    told = [(entry["stage"], entry["cell"], entry["environment"]["threads"]) for entry in manifest["lineage"]]
    assert told == [("predict", PREDICT.cell, 1), ("train", TRAIN.cell, 1)]


def test_a_result_is_published_whole_with_its_manifest_and_marker(
    make: Callable[..., None], results: Path
) -> None:
    make(SET, TRAIN, chain=False)
    folder = results / TRAIN.path
    manifest = artefact.verified(folder)
    assert {path.name for path in folder.iterdir()} == {"a.txt", "b.txt", "manifest.json", "done"}
    assert manifest["files"]["a.txt"] == {
        "sha256": hashlib.sha256((folder / "a.txt").read_bytes()).hexdigest(),
        "size": (folder / "a.txt").stat().st_size,
    }
    expected = {"stage": "train", "cell": "made-ce-s0", "key": TRAIN.key, "study": "tiny"}
    assert {name: manifest[name] for name in expected} == expected
    assert manifest["ingredients"] == TRAIN.ingredients
    assert manifest["inputs"] == {"train": SET.path}
    assert manifest["definitions"] == {"hembench.f": "abc"}
    assert {"python", "torch", "numpy"} <= manifest["environment"]["versions"].keys()
    assert manifest["environment"]["device"] in ("cpu", "cuda")
    assert manifest["run"]["pid"] == os.getpid()
    assert manifest["run"]["wall_seconds"] >= 0
    assert manifest["run"]["peak_memory_bytes"] > 2**20


def test_a_stage_gets_its_verified_inputs_its_plugins_and_the_very_options_that_are_hashed(
    make: Callable[..., None], stage: Stage, results: Path, tmp_path: Path
) -> None:
    make(SET, TRAIN, PREDICT, EVALUATE, chain=False)
    inputs, options = stage.calls[2]
    assert options is PREDICT.options
    assert inputs.folders == {"network": results / TRAIN.path, "clean": results / SET.path}
    assert inputs.manifests["network"]["key"] == TRAIN.key
    assert inputs.plugins == {"score": msp.msp}
    assert inputs.raw == tmp_path / "data" / "made"
    assert stage.calls[3][0].device == "cpu", "an evaluation asks for no device"


def test_a_result_that_is_there_is_not_made_again_and_gets_its_marker_back(
    make: Callable[..., None], stage: Stage, results: Path
) -> None:
    make(SET)
    marker = results / SET.path / artefact.MARKER
    before = (results / SET.path / artefact.MANIFEST).read_bytes()
    marker.unlink()
    make(SET)
    assert marker.exists()
    assert stage.made == ["prepare made-train"]
    assert (results / SET.path / artefact.MANIFEST).read_bytes() == before


def test_files_without_a_manifest_are_no_result(make: Callable[..., None], stage: Stage, results: Path) -> None:
    (results / SET.path).mkdir(parents=True)
    (results / SET.path / "a.txt").write_text("of a job that was killed")
    (results / SET.path / artefact.MARKER).touch()
    make(SET)
    assert stage.made == ["prepare made-train"]
    artefact.verified(results / SET.path)


def test_a_damaged_input_is_refused_with_job_role_file_and_way_out(
    make: Callable[..., None], stage: Stage, results: Path
) -> None:
    make(SET)
    (results / SET.path / "b.txt").write_text("edited by hand")
    with pytest.raises(StoreError) as caught:
        make(TRAIN)
    for words in ("train of made-ce-s0 reads 'train'", SET.path, "b.txt", "hembench verify", "--repair"):
        assert words in str(caught.value)
    assert stage.made == ["prepare made-train"]
    assert not (results / TRAIN.path / artefact.MANIFEST).exists()


def test_a_missing_input_is_refused_by_name(make: Callable[..., None], stage: Stage) -> None:
    with pytest.raises(StoreError, match=f"train of made-ce-s0 reads 'train'.*{SET.path}.*missing"):
        make(TRAIN)
    assert stage.calls == []


def test_the_table_of_resources_says_whether_a_job_needs_a_gpu(
    tmp_path: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(driver._device, "device", lambda share: asked.append(share) or "cpu")
    for cell in ("digits-mlp_small-ce-s0", "cifar10-resnet32-ce-s0"):
        one = job("train", cell)
        Driver(Plan("tiny", by_path([one]), {"c0de": {}}), tmp_path, tmp_path).make(one)
    assert asked == [0, 1]
    Driver(PLAN, tmp_path, tmp_path).make(SET)
    assert asked == [0, 1], "a set of images is made without one"


@pytest.mark.parametrize(("variables", "expected"), [({}, False), ({"SLURM_JOB_ID": "123"}, True)])
def test_a_cluster_is_known_by_its_job_id(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: bool
) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert driver.under_scheduler() is expected
