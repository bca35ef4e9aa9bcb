"""Disks that are full, read-only or elsewhere: a clear message or a clean stop, and nothing half-written."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from hembench import cli
from hembench.core.errors import of_the_disk
from hembench.plan.jobs import Job, Plan, by_path
from hembench.stages.driver import Driver
from hembench.store import artefact, gc, progress
from hembench.store.adopt import adopt
from hembench.store.content import Content, text
from hembench.store.environment import Meter
from hembench.store.frozen import freeze, thaw
from hembench.store.state import State
from hembench.store.survey import survey
from hembench.store.verify import verify


def job(stage: str = "prepare") -> Job:
    options = {"name": "x"}
    ingredients = {"stage": stage, "schema": 1, "options": options, "code": "c0de", "inputs": {}}
    return Job(stage, "made-train", "fake", options, {}, {}, ingredients)


PLAN = Plan("tiny", by_path([job()]), {"c0de": {}})


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("hembench.stages.fake")
    module.compute = lambda inputs, options: {"a.txt": text("a"), "b.txt": text("b")}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_a_disk_that_is_full_when_a_result_is_written(stage: ModuleType, tmp_path: Path) -> None:
    def full(path: Path) -> None:
        path.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    contents: dict[str, Content] = {"a.txt": text("a"), "b.txt": full}
    stage.compute = lambda inputs, options: contents  # type: ignore[attr-defined]
    folder = tmp_path / job().path
    with pytest.raises(OSError, match="No space left on device"):
        Driver(PLAN, tmp_path, tmp_path / "data").make(job())
    assert sorted(path.name for path in folder.iterdir()) == ["failure.json", "progress.json"]
    failure = progress.read_failure(folder)
    assert failure is not None
    assert "No space left on device" in failure.reason
    contents["b.txt"] = text("b")
    Driver(PLAN, tmp_path, tmp_path / "data").make(job())
    assert artefact.check(folder) == []


@pytest.mark.parametrize(
    ("number", "way_out"),
    [
        (errno.ENOSPC, "hembench gc"),
        (errno.EDQUOT, "hembench gc"),
        (errno.EROFS, "HEMBENCH_RESULTS"),
        (errno.EACCES, "HEMBENCH_RESULTS"),
    ],
)
def test_the_command_line_says_what_to_do(
    number: int, way_out: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(arguments: object) -> int:
        raise OSError(number, os.strerror(number), "results/train")

    monkeypatch.setattr("hembench.commands.status.run", run)
    assert cli.main(["status", "demo"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"hembench status: results/train: {os.strerror(number)}.")
    assert way_out in said


def test_other_errors_of_the_system_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(arguments: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO), "x")

    assert of_the_disk(OSError(errno.EIO, "x")) is None
    monkeypatch.setattr("hembench.commands.status.run", run)
    with pytest.raises(OSError, match="Input/output error"):
        cli.main(["status", "demo"])


NOBODY = 65534


@pytest.fixture
def read_only(stage: ModuleType) -> Iterator[Path]:
    """Give a results folder with one result in it, where we may read and not write."""
    folder = Path(tempfile.mkdtemp())
    Driver(PLAN, folder, folder / "data").make(job())
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


def as_nobody(act: Callable[[], object]) -> None:
    """Do it in a process that is not the superuser, whom no mode stops; its error is the test's."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.geteuid() == 0:
                os.seteuid(NOBODY)
            act()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_results_that_may_only_be_read_can_be_used(read_only: Path) -> None:
    def use() -> None:
        with pytest.raises(PermissionError):
            (read_only / "x").touch()
        Driver(PLAN, read_only, read_only / "data").make(job())  # finds it
        assert survey(read_only, [job()])[job().path].standing == "done"
        assert verify(read_only, [job()]) == []

    as_nobody(use)


def test_a_result_that_is_missing_where_nothing_may_be_written_is_a_message(read_only: Path) -> None:
    def make() -> None:
        other = Job("prepare", "other", "fake", {"name": "x"}, {}, {}, {"stage": "prepare", "code": "c0de"})
        with pytest.raises(PermissionError) as refused:
            Driver(Plan("tiny", by_path([other]), {"c0de": {}}), read_only, read_only).make(other)
        assert "HEMBENCH_RESULTS" in (of_the_disk(refused.value) or "")
        assert survey(read_only, [other])[other.path].standing == "waiting"

    as_nobody(make)


@pytest.fixture(params=["missing", "of another file system"])
def temporary_folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Make the temporary folder one that is not there, or a real one of another file system."""
    memory = Path("/dev/shm")
    with contextlib.ExitStack() as stack:
        if request.param == "missing":
            folder = tmp_path / "gone"
        elif not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip(f"{memory} is absent, or on the same file system as {tmp_path}")
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=memory)))
        monkeypatch.setenv("TMPDIR", str(folder))
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        yield folder


def test_nothing_goes_through_the_temporary_folder(
    stage: ModuleType, tmp_path: Path, temporary_folder: Path
) -> None:
    """A rename between file systems fails, so what is to be moved into place is written beside it."""
    if temporary_folder.is_dir():
        made = temporary_folder / "a"
        made.touch()
        with pytest.raises(OSError, match="cross-device"):
            made.rename(tmp_path / "a")
        made.unlink()
    results, package = tmp_path / "results", tmp_path / "hembench"
    package.mkdir()
    (package / "a.py").write_text("x = 1\n")
    assert thaw(freeze(PLAN, results, package)) == PLAN
    state = State(results / job("train").path, "train", Meter(), seconds=0.0)
    state.save(b"state", "step 1")
    state.part("a.npy", text("a"))(tmp_path / "a.npy")
    Driver(PLAN, results, tmp_path / "data").make(job())
    assert artefact.check(results / job().path) == []
    adopted = replace(job(), ingredients={**job().ingredients, "code": "other"})
    adopt(results / job().path, results / adopted.path, adopted, "test", {})
    assert artefact.check(results / adopted.path) == []
    assert artefact.set_aside(results / job().path, "test").is_dir()
    gc.free(results, adopted.path)
    gc.empty_trash(results)
    assert not temporary_folder.is_dir() or not list(temporary_folder.iterdir())
