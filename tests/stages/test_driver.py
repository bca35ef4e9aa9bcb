from __future__ import annotations

import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hembench.core.checkpoint import Unsaved
from hembench.core.errors import ConfigError, InputError, LeaseHeldError, StoppedError, StoreError
from hembench.datasets import digits
from hembench.plan.jobs import Job, Plan, by_path
from hembench.scores import msp
from hembench.stages import driver
from hembench.stages._ranks import Together
from hembench.stages._stopping import Stop
from hembench.stages.api import Inputs
from hembench.stages.driver import Driver
from hembench.store import artefact, progress
from hembench.store.content import Content, text
from hembench.store.environment import Meter
from hembench.store.lease import LEASE, lease
from hembench.store.owner import Owner
from hembench.store.state import State


@dataclass
class Stage:
    """A stage that writes what it is told, and remembers with what it was called."""

    calls: list[tuple[Inputs, dict[str, Any]]] = field(default_factory=list)
    broken: dict[str, Exception] = field(default_factory=dict)
    signalled: set[str] = field(default_factory=set)

    def compute(self, inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
        self.calls.append((inputs, options))
        if options["name"] in self.signalled:
            self.signalled.remove(options["name"])
            os.kill(os.getpid(), signal.SIGTERM)
        if inputs.state.due():
            inputs.state.save(f"state of {options['name']}".encode(), "step 7")
        if options["name"] in self.broken:
            raise self.broken[options["name"]]
        return {"a.txt": text(options["name"]), "b.txt": text("always the same")}

    @property
    def made(self) -> list[str]:
        return [options["name"] for _, options in self.calls]


def job(stage: str, cell: str, inputs: dict[str, Job] | None = None) -> Job:
    sources = inputs or {}
    options = {"name": f"{stage} {cell}", "dataset": "made"}
    keys = {role: source.key for role, source in sources.items()}
    ingredients = {"stage": stage, "schema": 1, "options": options, "code": "c0de", "inputs": keys}
    plugins = {"score": ("scores", "msp", "msp")}
    return Job(stage, cell, "fake", options, plugins, {role: s.path for role, s in sources.items()}, ingredients)


SET = job("prepare", "made-train")
TRAIN = job("train", "made-ce-s0", {"train": SET})
PREDICT = job("predict", "made-ce-s0-main", {"network": TRAIN, "clean": SET})
ATTACK = job("attack", "made-ce-s0-linf", {"network": TRAIN, "clean": SET})
EVALUATE = job("evaluate", "made", {"predict.main.made-ce-s0": PREDICT})
PLAN = Plan("tiny", by_path([SET, TRAIN, PREDICT, ATTACK, EVALUATE]), {"c0de": {"hembench.f": "abc"}})


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    module = ModuleType("hembench.stages.fake")
    module.compute = stage.compute  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return stage


@pytest.fixture
def make(tmp_path: Path, stage: Stage) -> Callable[..., None]:
    """Return a function that makes jobs as one process of the workflow does."""

    def make(*jobs: Job, **settings: bool) -> None:
        for one in jobs:
            Driver(PLAN, tmp_path / "results", tmp_path / "data", **settings).make(one)

    return make


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


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


def test_a_training_goes_on_to_its_prediction_and_attack_under_their_own_keys(
    make: Callable[..., None], stage: Stage, results: Path
) -> None:
    make(SET, TRAIN)
    assert stage.made == [
        "prepare made-train",
        "train made-ce-s0",
        "predict made-ce-s0-main",
        "attack made-ce-s0-linf",
    ]
    for made in (PREDICT, ATTACK):
        assert artefact.verified(results / made.path)["key"] == made.key
        assert artefact.is_done(results / made.path)
    assert not (results / EVALUATE.path).exists(), "an evaluation is no part of the chain"


def test_the_chain_makes_what_is_missing_when_the_training_is_there(
    make: Callable[..., None], stage: Stage
) -> None:
    make(SET, TRAIN, PREDICT, chain=False)
    make(TRAIN)
    assert stage.made[3:] == ["attack made-ce-s0-linf"]


def test_without_chain_a_training_is_all_that_is_made(make: Callable[..., None], stage: Stage) -> None:
    make(SET, TRAIN, chain=False)
    assert stage.made == ["prepare made-train", "train made-ce-s0"]


def test_the_chain_leaves_out_what_lacks_an_input(make: Callable[..., None], stage: Stage, results: Path) -> None:
    make(SET, TRAIN, chain=False)
    (results / SET.path / artefact.MARKER).unlink()
    make(TRAIN)
    assert stage.made == ["prepare made-train", "train made-ce-s0"]


@pytest.mark.parametrize("error", [InputError("the shapes differ"), ZeroDivisionError("by nought")])
def test_a_failure_along_the_chain_fails_neither_the_training_nor_the_rest(
    make: Callable[..., None],
    stage: Stage,
    results: Path,
    error: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage.broken["predict made-ce-s0-main"] = error
    make(SET, TRAIN)
    assert artefact.is_done(results / TRAIN.path)
    assert artefact.is_done(results / ATTACK.path)
    assert not (results / PREDICT.path / artefact.MANIFEST).exists()
    assert "predict made-ce-s0-main, made ahead, failed" in caplog.text
    assert str(error) in caplog.text
    with pytest.raises(type(error)):
        make(PREDICT)


def test_a_job_that_fails_publishes_nothing_holds_nothing_and_leaves_word(
    make: Callable[..., None], stage: Stage, results: Path
) -> None:
    stage.broken["prepare made-train"] = InputError("no such image")
    with pytest.raises(InputError):
        make(SET)
    assert sorted(path.name for path in (results / SET.path).iterdir()) == ["failure.json", "progress.json"]
    failure = progress.read_failure(results / SET.path)
    assert failure is not None
    assert failure.reason == "no such image"
    stage.broken.clear()
    make(SET)
    artefact.verified(results / SET.path)
    assert progress.read_failure(results / SET.path) is None


def test_under_a_scheduler_a_job_that_somebody_makes_ends_at_once(
    make: Callable[..., None], stage: Stage, results: Path
) -> None:
    with (
        lease(results / SET.path, "123", wait=True, finished=lambda: False),
        pytest.raises(LeaseHeldError, match="is being built by job 123"),
    ):
        make(SET, wait=False)
    assert stage.calls == []


def test_what_somebody_makes_is_left_out_of_the_chain(
    make: Callable[..., None], stage: Stage, results: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    make(SET)
    with lease(results / PREDICT.path, wait=True, finished=lambda: False):
        make(TRAIN)
    assert stage.made[1:] == ["train made-ce-s0", "attack made-ce-s0-linf"]
    assert "predict made-ce-s0-main: somebody else is making it" in caplog.text


@pytest.mark.parametrize("other_finishes", [True, False])
def test_a_job_whose_lease_was_taken_over_says_so_before_it_publishes_and_the_first_result_stays(
    make: Callable[..., None],
    stage: Stage,
    results: Path,
    other_finishes: bool,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, told = results / SET.path, []
    publish = artefact.publish

    def overtaken(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
        (folder / LEASE).write_text(json.dumps(asdict(Owner.this_process())))  # as if this one had slept
        if other_finishes:
            publish(folder, {"a.txt": text("the other one's")}, {"ingredients": SET.ingredients})
        return stage.compute(inputs, options)

    def noted(*arguments: Any) -> None:
        told.append("somebody took this lease over" in caplog.text)
        publish(*arguments)

    monkeypatch.setattr(sys.modules["hembench.stages.fake"], "compute", overtaken)
    monkeypatch.setattr(artefact, "publish", noted)
    make(SET)
    assert told == [True]
    assert (folder / LEASE).exists(), "the other one's lease is not ours to end"
    assert ((folder / "a.txt").read_text() == "the other one's") is other_finishes
    assert artefact.is_done(folder)


@pytest.mark.parametrize("other_finishes", [True, False])
def test_on_one_machine_a_job_waits_for_who_makes_its_result(
    make: Callable[..., None],
    stage: Stage,
    results: Path,
    other_finishes: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    folder = results / SET.path
    waiter = threading.Thread(target=make, args=(SET,))
    with lease(folder, wait=True, finished=lambda: False):
        waiter.start()
        wait_for(lambda: "prepare made-train: waiting, process" in caplog.text)
        assert stage.calls == []
        if other_finishes:
            artefact.publish(folder, {"a.txt": text("the other one's")}, {"ingredients": SET.ingredients})
    waiter.join(60)
    assert not waiter.is_alive()
    assert stage.made == ([] if other_finishes else ["prepare made-train"])
    assert ((folder / "a.txt").read_text() == "the other one's") == other_finishes
    assert artefact.is_done(folder)


KILLED_WHILE_IT_WRITES = """
import os, signal, sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from hembench.plan.jobs import Job, Plan
from hembench.stages.driver import Driver
from hembench.store.content import text

def die(path):
    path.write_text("half of it")
    os.kill(os.getpid(), signal.SIGKILL)

module = ModuleType("hembench.stages.fake")
module.compute = lambda inputs, options: {"a.txt": text("whole"), "b.txt": die}
sys.modules[module.__name__] = module
job = Job("prepare", "made-train", "fake", {}, {}, {}, {"code": "c0de"})
plan = Plan("tiny", {job.path: job}, {"c0de": {}})
print(job.path, flush=True)
Driver(plan, Path(sys.argv[1]), Path(sys.argv[1])).make(job)
"""


def test_a_job_killed_while_it_writes_leaves_no_result_and_the_next_one_makes_it(
    stage: Stage, results: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_IT_WRITES, str(results)]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    folder = results / killed.stdout.strip()
    assert (folder / LEASE).exists(), "it died in the middle of its work"
    assert artefact.read_manifest(folder) is None
    assert not artefact.is_done(folder)

    again = Job("prepare", "made-train", "fake", {"name": "again", "dataset": "made"}, {}, {}, {"code": "c0de"})
    plan = Plan("tiny", {again.path: again}, {"c0de": {}})
    assert results / again.path == folder
    Driver(plan, results, tmp_path).make(again)
    artefact.verified(folder)
    assert {path.name for path in folder.iterdir()} == {"a.txt", "b.txt", "manifest.json", "done"}


# -- signals and states


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


def test_the_table_of_resources_says_whether_a_job_needs_a_gpu(
    tmp_path: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(driver._device, "device", lambda needed: asked.append(needed) or "cpu")
    for cell in ("digits-mlp_small-ce-s0", "cifar10-resnet32-ce-s0"):
        one = job("train", cell)
        Driver(Plan("tiny", by_path([one]), {"c0de": {}}), tmp_path, tmp_path).make(one)
    assert asked == [False, True]
    Driver(PLAN, tmp_path, tmp_path).make(SET)
    assert asked == [False, True], "a set of images is made without one"


@pytest.mark.parametrize(("variables", "expected"), [({}, False), ({"SLURM_JOB_ID": "123"}, True)])
def test_a_cluster_is_known_by_its_job_id(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: bool
) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert driver.under_scheduler() is expected


def test_raw_files_that_this_data_folder_lacks_are_brought_though_their_fetch_is_done(
    stage: Stage, results: Path, tmp_path: Path
) -> None:
    options = {"name": "fetch digits", "dataset": "digits"}
    ingredients = {"code": "c0de", "data": {"files": digits.FILES}}
    fetch = Job("fetch", "digits", "fake", options, {"fetch": ("datasets", "digits", "fetch")}, {}, ingredients)
    reads = {"name": "prepare digits", "dataset": "digits"}
    prepare = Job("prepare", "digits-train", "fake", reads, {}, {"raw": fetch.path}, {"code": "c0de"})
    plan = Plan("tiny", by_path([fetch, prepare]), {"c0de": {}})
    Driver(plan, results, tmp_path / "one").make(fetch)
    Driver(plan, results, tmp_path / "other").make(prepare)
    assert stage.calls[1][0].raw == tmp_path / "other" / "digits"
    assert [path.name for path in (tmp_path / "other" / "digits").iterdir()] == list(digits.FILES)


def test_raw_files_that_somebody_else_brings_meanwhile_are_waited_for_and_not_fetched(
    stage: Stage, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[Path] = []
    monkeypatch.setattr(digits, "fetch", fetched.append)
    ingredients = {"code": "c0de", "data": {"files": digits.FILES}}
    source = {"fetch": ("datasets", "digits", "fetch")}
    fetch = Job("fetch", "digits", "fake", {"dataset": "digits"}, source, {}, ingredients)
    reads = {"name": "prepare digits", "dataset": "digits"}
    prepare = Job("prepare", "digits-train", "fake", reads, {}, {"raw": fetch.path}, {"code": "c0de"})
    plan = Plan("tiny", by_path([fetch, prepare]), {"c0de": {}})
    artefact.publish(results / fetch.path, {"a.txt": text("a")}, {"ingredients": ingredients})
    folder = tmp_path / "data" / "digits"
    waiter = threading.Thread(target=Driver(plan, results, tmp_path / "data").make, args=(prepare,))
    with lease(folder, wait=True, finished=lambda: False):
        waiter.start()
        wait_for(lambda: (results / prepare.path / LEASE).exists())
        for name in digits.FILES:
            (folder / name).write_text("brought by somebody else, who holds the lease still")
        waiter.join(60)
        assert not waiter.is_alive()
    assert stage.made == ["prepare digits"]
    assert fetched == []


def test_inputs_of_the_same_content_make_an_earlier_result_do(
    tmp_path: Path, stage: Stage, results: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    retrained = replace(TRAIN, ingredients={**TRAIN.ingredients, "code": "other"})
    again = [replace(one, **anew(one, retrained)) for one in (PREDICT, ATTACK)]
    plan = Plan("tiny", by_path([SET, TRAIN, PREDICT, ATTACK, retrained, *again]), {"c0de": {}, "other": {}})
    for one in (SET, TRAIN, PREDICT, ATTACK, retrained):
        Driver(plan, results, tmp_path / "data", chain=False).make(one)
    made = len(stage.calls)
    for one in again:
        Driver(plan, results, tmp_path / "data", chain=False).make(one)
    assert len(stage.calls) == made, "nothing is computed"
    for one, earlier in zip(again, (PREDICT, ATTACK), strict=True):
        manifest = artefact.verified(results / one.path)
        assert manifest["key"] == one.key != earlier.key
        assert manifest["adoption"]["because"] == f"inputs have the same content as those of {earlier.path}"
        assert artefact.is_done(results / one.path)
        assert not (results / one.path / LEASE).exists()
        assert f"{one.stage} {one.cell}: {one.key} is taken over" in caplog.text


def test_a_damaged_earlier_result_is_not_taken_over(tmp_path: Path, stage: Stage, results: Path) -> None:
    retrained = replace(TRAIN, ingredients={**TRAIN.ingredients, "code": "other"})
    again = replace(ATTACK, **anew(ATTACK, retrained))
    plan = Plan("tiny", by_path([SET, TRAIN, ATTACK, retrained, again]), {"c0de": {}, "other": {}})
    for one in (SET, TRAIN, ATTACK, retrained):
        Driver(plan, results, tmp_path / "data", chain=False).make(one)
    (results / ATTACK.path / "a.txt").write_text("damaged")
    Driver(plan, results, tmp_path / "data", chain=False).make(again)
    assert "adoption" not in artefact.verified(results / again.path)
    assert stage.made.count(ATTACK.options["name"]) == 2


def anew(one: Job, network: Job) -> dict[str, Any]:
    """Return what changes of a job that reads another network."""
    keys = {**one.ingredients["inputs"], "network": network.key}
    return {
        "inputs": {**one.inputs, "network": network.path},
        "ingredients": {**one.ingredients, "inputs": keys},
    }
