"""Files that are not what they should be: a pickle in place of weights, arrays or a state runs no code, and a
manifest of another form is no result, and ends no command."""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from hembench.commands import plan as plan_command
from hembench.commands import verify as verify_command
from hembench.commands import why as why_command
from hembench.commands._study import Loaded
from hembench.core.digest import file_sha256
from hembench.core.errors import ConfigError, StoreError
from hembench.engine import state as engine_state
from hembench.plan.files import mapping
from hembench.plan.jobs import Job, Plan, by_path
from hembench.plan.study import StudyConfig
from hembench.store import artefact, content, gc
from hembench.store.environment import Meter
from hembench.store.frozen import freeze
from hembench.store.layout import refuse_file
from hembench.store.progress import read_failure, read_progress
from hembench.store.state import State


class Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (str(self.path), "w"))


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """Return the file that is made where a pickle is read."""
    return tmp_path / "exploded"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the artefact of a training."""
    folder = tmp_path / "results" / "train" / "mlp-hem-s0" / "0123456789ab"
    artefact.publish(folder, {"weights.safetensors": content.weights({"a": torch.ones(2)})}, {"stage": "train"})
    return folder


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_the_trap_works(trap: Path, protocol: int) -> None:
    pickle.loads(pickle.dumps(Bomb(trap), protocol)).close()
    assert trap.exists()


def test_a_pickle_in_place_of_weights_is_damage(folder: Path, trap: Path) -> None:
    torch.save({"a": Bomb(trap)}, folder / "weights.safetensors")
    with pytest.raises(StoreError, match=r"weights\.safetensors has \d+ bytes, the manifest says \d+.*--repair"):
        artefact.verified(folder)
    assert not trap.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_whose_manifest_was_forged_is_not_run(folder: Path, trap: Path, zipped: bool) -> None:
    path = folder / "weights.safetensors"
    if zipped:
        torch.save({"a": Bomb(trap)}, path)
    else:
        path.write_bytes(pickle.dumps(Bomb(trap)))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][path.name] = {"sha256": file_sha256(path), "size": path.stat().st_size}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    artefact.verified(folder)
    with pytest.raises(Exception, match=r"(?i)header|deserializ"):
        content.read_weights(path)
    assert not trap.exists()


def test_a_pickle_in_place_of_arrays_or_an_object_in_them_is_not_run(tmp_path: Path, trap: Path) -> None:
    (tmp_path / "a.npz").write_bytes(pickle.dumps(Bomb(trap)))
    with pytest.raises(ValueError, match="allow_pickle"):
        content.read_arrays(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", a=np.array([Bomb(trap)], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        content.read_arrays(tmp_path / "b.npz")
    assert not trap.exists()


def test_a_pickle_in_place_of_a_state_is_refused_and_the_job_begins_anew(folder: Path, trap: Path) -> None:
    (folder / "state").mkdir()
    (folder / "state" / "0").write_bytes(pickle.dumps(Bomb(trap)))
    torch.save(Bomb(trap), folder / "state" / "1")
    assert State(folder, "train", Meter()).load() is None
    with pytest.raises(StoreError, match="torn or damaged"):
        engine_state.from_bytes(pickle.dumps(Bomb(trap)))
    assert not trap.exists()


def job(stage: str = "train", code: str = "c0de", **inputs: Job) -> Job:
    ingredients = {
        "stage": stage,
        "schema": 1,
        "options": {},
        "code": code,
        "inputs": {role: other.key for role, other in inputs.items()},
    }
    sources = {role: other.path for role, other in inputs.items()}
    return Job(stage, "mlp-hem-s0", stage, {}, {}, sources, ingredients)


TRAIN = job()
PREDICT = job("predict", network=TRAIN)
PLAN = Plan("tiny", by_path([TRAIN, PREDICT]), {"c0de": {"f": "1"}}, {})


def manifest_of(job: Job) -> dict[str, Any]:
    return {
        "stage": job.stage,
        "cell": job.cell,
        "key": job.key,
        "study": "tiny",
        "ingredients": job.ingredients,
        "inputs": job.inputs,
        "read": {},
        "definitions": {"f": "1"},
        "lineage": [],
        "environment": {"versions": {"numpy": "2"}, "device": "cpu", "device_name": "a CPU"},
        "run": {"wall_seconds": 7.0, "attempts": [{"torch": None, "device_name": "a CPU"}]},
    }


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """Return a study whose two results exist, for every command."""
    results = tmp_path / "results"
    for one in (TRAIN, PREDICT):
        artefact.publish(results / one.path, {"a.txt": content.text("x")}, manifest_of(one))
    study = cast(StudyConfig, None)
    loaded = Loaded(PLAN, study, tmp_path, results, tmp_path / "data", tmp_path / "reports")
    for module in (plan_command, verify_command, why_command):
        monkeypatch.setattr(module, "load", lambda name: loaded)
    return loaded


def call(module: Any, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(arguments)))


Break = Callable[[dict[str, Any]], object]

OF_ANOTHER_FORM: dict[str, Break] = {
    "a file is a number": lambda manifest: manifest.update(files={"x": 1}),
    "a file has no size": lambda manifest: manifest["files"]["a.txt"].pop("size"),
    "a size is text": lambda manifest: manifest["files"]["a.txt"].update(size="1"),
    "a sha256 is a number": lambda manifest: manifest["files"]["a.txt"].update(sha256=1),
    "a file lies elsewhere": lambda manifest: manifest.update(files={"../x": manifest["files"]["a.txt"]}),
    "files are a list": lambda manifest: manifest.update(files=[]),
    "environment is a list": lambda manifest: manifest.update(environment=[]),
    "versions are a list": lambda manifest: manifest["environment"].update(versions=[]),
    "inputs are a list": lambda manifest: manifest.update(inputs=[]),
    "an input is a list": lambda manifest: manifest.update(inputs={"network": []}),
    "ingredients are a list": lambda manifest: manifest.update(ingredients=[]),
    "options are a list": lambda manifest: manifest["ingredients"].update(options=[]),
    "definitions are text": lambda manifest: manifest.update(definitions="f"),
    "run is a number": lambda manifest: manifest.update(run=1),
    "an attempt is a number": lambda manifest: manifest["run"].update(attempts=[1]),
    "an attempt's torch is a list": lambda manifest: manifest["run"].update(
        attempts=[{"torch": [], "device_name": "a"}]
    ),
    "lineage is a list of numbers": lambda manifest: manifest.update(lineage=[1]),
    "an adoption from nowhere": lambda manifest: manifest.update(adoption={"earlier": 1}),
    "a study is a list": lambda manifest: manifest.update(study=[]),
}


@pytest.mark.parametrize("name", OF_ANOTHER_FORM)
def test_a_manifest_of_another_form_is_torn_and_ends_no_command(
    loaded: Loaded, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = loaded.results / TRAIN.path
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text())
    assert artefact.read_manifest(folder) == manifest
    OF_ANOTHER_FORM[name](manifest)
    file.write_text(json.dumps(manifest))
    assert artefact.read_manifest(folder) is None
    all_commands_tell_of(loaded, "missing or torn, or not of our form", capsys)


def test_a_folder_in_place_of_a_manifest_ends_no_command(
    loaded: Loaded, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = loaded.results / TRAIN.path
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").mkdir()
    all_commands_tell_of(loaded, "manifest.json is a folder", capsys)
    (folder / "manifest.json").mkdir(parents=True)
    (folder / "done").unlink(missing_ok=True)
    assert call(verify_command, "tiny", "--repair") == 0, "without the marker, too: it would be in the way"
    assert not folder.exists()


def all_commands_tell_of(loaded: Loaded, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Call what reads manifests of all results; at the end the damaged one is set aside."""
    assert call(plan_command, "tiny", "--json") == 0
    assert gc.unneeded(loaded.results, [], 0, gc.Broken(frozenset({"tiny"})))
    assert gc.prunable(loaded.results, [PLAN], 0) == []
    assert call(why_command, TRAIN.cell, "train", "--study", "tiny") == 0
    with pytest.raises(StoreError, match="--repair"):
        artefact.verified(loaded.results / TRAIN.path)
    capsys.readouterr()
    assert call(verify_command, "tiny") == 1
    assert f"{TRAIN.path}: " in (said := capsys.readouterr().out)
    assert damage in said
    assert call(verify_command, "tiny", "--repair") == 0
    assert not (loaded.results / TRAIN.path).exists()
    assert artefact.read_manifest(loaded.results / PREDICT.path) is not None


@pytest.mark.parametrize("part", ["ingredients", "environment", "run", "definitions", "stage", "inputs"])
def test_a_manifest_that_tells_less_stops_no_plan_and_no_question_why(loaded: Loaded, part: str) -> None:
    file = loaded.results / TRAIN.path / "manifest.json"
    manifest = json.loads(file.read_text())
    del manifest[part]
    file.write_text(json.dumps(manifest))
    assert call(plan_command, "tiny", "--json") == 0
    assert call(why_command, TRAIN.cell, "train", "--study", "tiny") == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("study: tiny\nconditions: &a [*a]\n", "'conditions' contains itself"),
        ("study: tiny\nlosses: {ce: &a {x: [1, {y: *a}]}}\n", "'losses' contains itself"),
        ("&a\nstudy: *a\n", "'study' contains itself"),
        ("&a [*a]\n", "the file contains itself"),
        ("study: " + 5000 * "[" + 5000 * "]", "nested far too deeply"),
    ],
)
def test_a_study_that_contains_itself_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "tiny.yaml").write_text(text)
    with pytest.raises(ConfigError, match=f"tiny.yaml: {said}"):
        mapping(tmp_path / "tiny.yaml", "study:")


def test_an_alias_that_only_repeats_something_is_none_of_these(tmp_path: Path) -> None:
    layers = "".join(f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}]\n" for n in range(1, 20))
    (tmp_path / "tiny.yaml").write_text(f"l0: &l0 [1, 2]\n{layers}")
    assert mapping(tmp_path / "tiny.yaml", "study:")["l1"] == [[1, 2], [1, 2]]


def test_a_list_of_what_is_kept_that_is_no_text_frees_nothing(loaded: Loaded) -> None:
    (loaded.results / "keep.txt").write_bytes("train/*/*\n# für den Artikel\n".encode("latin-1"))
    with pytest.raises(StoreError, match=r"keep\.txt:2: not UTF-8 text"):
        gc.unneeded(loaded.results, [], 0)
    with pytest.raises(StoreError, match=r"keep\.txt:2: not UTF-8 text"):
        gc.prunable(loaded.results, [PLAN], 0)


@pytest.mark.parametrize(
    "odd",
    ['{"share": "x", "words": "y"}', '{"share": 0.5, "words": 1}', '{"share": 1, "words": "y", "seconds": []}'],
)
def test_what_a_job_says_of_itself_in_another_form_is_not_heard(tmp_path: Path, odd: str) -> None:
    (tmp_path / "progress.json").write_text('{"share": 1, "words": "y"}')
    assert read_progress(tmp_path) is not None
    (tmp_path / "progress.json").write_text(odd)
    assert read_progress(tmp_path) is None
    (tmp_path / "failure.json").write_text('{"reason": "full"}')
    assert read_failure(tmp_path) is not None
    (tmp_path / "failure.json").write_text('{"reason": ["full"]}')
    assert read_failure(tmp_path) is None


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_results_that_lie_in_a_file_are_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"results folder .*file is a file.*HEMBENCH_RESULTS"):
        refuse_file(tmp_path / place)
    refuse_file(tmp_path / "absent" / "below")
    refuse_file(tmp_path)


def test_a_damaged_plan_is_named_and_set_aside_so_that_gc_goes_on(
    loaded: Loaded, capsys: pytest.CaptureFixture[str]
) -> None:
    package = loaded.root / "hembench"
    package.mkdir()
    whole = freeze(PLAN, loaded.results, package)
    torn = loaded.results / "plans" / "0123456789ab"
    torn.mkdir()
    (torn / "plan.json").write_text("{")
    with pytest.raises(StoreError, match="not a frozen plan"):
        gc.unneeded(loaded.results, list(PLAN.jobs), 30)
    assert call(verify_command, "tiny") == 1
    said = capsys.readouterr().out
    assert "plans/0123456789ab: " in said
    assert "not a frozen plan" in said
    assert "1 damaged" in said
    assert call(verify_command, "tiny", "--repair") == 0
    assert not torn.exists()
    assert (loaded.results / "set_aside" / "plans-0123456789ab-1" / "note.json").is_file()
    assert gc.unneeded(loaded.results, list(PLAN.jobs), 30) == []
    assert whole.is_file()
    assert call(verify_command, "tiny") == 0
