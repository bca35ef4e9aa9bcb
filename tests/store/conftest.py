"""Jobs and artefacts without a study."""

from __future__ import annotations

import builtins
import errno
import io
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from pyarrow import parquet

from hembench.core.errors import HembenchError
from hembench.plan.jobs import Job
from hembench.store import artefact, content


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def job() -> Callable[..., Job]:
    """Return a maker of jobs: code, options and inputs (role -> job) as given."""

    def make(
        stage: str = "train", code: str = "1", epochs: int = 1, cell: str = "mlp-hem-s0", **inputs: Job
    ) -> Job:
        options = {"epochs": epochs}
        ingredients = {
            "stage": stage,
            "schema": 1,
            "options": options,
            "code": code,
            "inputs": {role: other.key for role, other in inputs.items()},
        }
        return Job(
            stage, cell, stage, options, {}, {role: other.path for role, other in inputs.items()}, ingredients
        )

    return make


@pytest.fixture
def publish(results: Path) -> Callable[..., Path]:
    """Return a maker of a job's artefact, with a manifest as the driver writes it."""

    def make(job: Job, value: str = "x", read: dict[str, str] | None = None, **environment: Any) -> Path:
        manifest = {
            "stage": job.stage,
            "cell": job.cell,
            "key": job.key,
            "ingredients": job.ingredients,
            "inputs": job.inputs,
            "read": read or {},
            "definitions": {"f": job.ingredients["code"]},
            "environment": {"versions": {}, **environment},
            "run": {"wall_seconds": 7.0},
        }
        artefact.publish(results / job.path, {"a.txt": content.text(value)}, manifest)
        return results / job.path

    return make


KILLED = 137
OUTCOMES = {0: "untouched", 3: "survived", 4: "failed", KILLED: "killed"}


class Fault:
    """Makes the ``number``-th file operation below ``root`` fail.

    Kinds: "EIO": it fails once; "ENOSPC": so does every one after it that needs room; "kill": the process is gone
    before the operation is done. A write that fails has written half.
    """

    ROOM = ("open to write", "write", "mkdir", "link")

    def __init__(self, number: int, kind: str, root: Path) -> None:
        self.left, self.kind, self.root = number, kind, str(root)
        self.happened = False

    def step(self, what: str, *paths: Any) -> None:
        if self.fires(what, *paths):
            self.fail()

    def fires(self, what: str, *paths: Any) -> bool:
        if paths and not any(str(path).startswith(self.root) for path in paths):
            return False
        self.left -= 1
        again = self.happened and self.kind == "ENOSPC" and what in self.ROOM
        self.happened = self.happened or self.left == 0
        return self.left == 0 or again

    def fail(self) -> None:
        if self.kind == "kill":
            os._exit(KILLED)
        raise OSError(getattr(errno, self.kind), os.strerror(getattr(errno, self.kind)))

    def open(self, path: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        """Open a file whose writes can fail half-way."""
        writing = not mode.startswith("r")
        self.step("open to write" if writing else "open", path)
        if not writing or not str(path).startswith(self.root):
            return self._open(path, mode, *arguments, **options)
        raw = HalfWritten(path, mode.replace("b", ""))
        raw.fault = self
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding="utf-8", newline="\n")

    def installed(self, stack: Any) -> None:
        """Replace the functions of os, io and builtins while ``stack`` is open."""
        self._open = builtins.open
        for module in (io, builtins):
            stack.enter_context(mock.patch.object(module, "open", self.open))
        for name in ("mkdir", "link", "replace", "rename", "unlink", "rmdir", "utime", "open"):
            stack.enter_context(mock.patch.object(os, name, self._stepped(name, getattr(os, name))))
        write, flush = parquet.write_table, os.fsync

        def write_table(table: Any, path: Any, **options: Any) -> None:
            """Write where we can see it: given a path, pyarrow opens and writes the file itself."""
            with self.open(path, "wb") as stream:
                write(table, stream, **options)

        stack.enter_context(mock.patch.object(parquet, "write_table", write_table))

        def fsync(descriptor: int) -> None:
            self.step("fsync")
            flush(descriptor)

        stack.enter_context(mock.patch.object(os, "fsync", fsync))

    def _stepped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **options: Any) -> Any:
            paths = [part for part in arguments if isinstance(part, (str, os.PathLike))]
            creates = name == "open" and arguments[1] & os.O_CREAT
            # Below an open folder (shutil.rmtree) names are relative, and the folder is one of ours.
            inner = options.get("dir_fd") is not None
            self.step("open to write" if creates else name, *([self.root] if inner else paths))
            return function(*arguments, **options)

        return stepped


class HalfWritten(io.FileIO):
    """A file whose failing write has written half."""

    fault: Fault

    def write(self, content: Any, /) -> int:
        if self.fault.fires("write"):
            super().write(memoryview(content)[: len(content) // 2])
            self.fault.fail()
        return super().write(content)


@pytest.fixture
def without_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk, hundreds of times: no test here cuts the power."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def attempt() -> Callable[[Callable[[], object], int, str, Path], str]:
    """Return a runner of a function in a process of its own, where the n-th file operation fails.

    It tells what became of it: "untouched" (there is no n-th operation), "survived", "failed" (by an error of
    the system or of ours), "killed".
    """

    def run(act: Callable[[], object], number: int, kind: str, root: Path) -> str:
        child = os.fork()
        if child == 0:
            os._exit(_in_child(act, Fault(number, kind, root)))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in OUTCOMES, f"operation {number}, {kind}: the process ended with {status}"
        return OUTCOMES[status]

    return run


def _in_child(act: Callable[[], object], fault: Fault) -> int:
    from contextlib import ExitStack

    try:
        with ExitStack() as stack:
            fault.installed(stack)
            act()
    except (OSError, HembenchError):
        return 4 if fault.happened else 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 3 if fault.happened else 0
