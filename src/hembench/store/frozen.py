"""The frozen plan, ``<results>/plans/<digest>/``: ``plan.json``, ``jobs.tsv``, the package in ``src/hembench/``.

Jobs read this plan and run this code, so an edit during a run changes nothing in it. ``plan.json`` holds what all
jobs need; ``jobs.tsv`` has a line for each job, sorted by path, so that a job's process finds its own, its inputs'
and its readers' among any number of them in a few reads.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import mmap
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hembench.core.atomic import sync_file, sync_folder, write_json
from hembench.core.digest import canonical, file_sha256, short
from hembench.core.errors import StoreError
from hembench.plan._uncollected import uncollected
from hembench.plan.jobs import Job, Plan, Stored
from hembench.store.artefact import alone
from hembench.store.environment import GIT_STATE, git_state

PLANS = "plans"
"""Folder of the results folder that holds frozen plans; no stage may have this name."""
PLAN = "plan.json"
JOBS = "jobs.tsv"
"""Path, readers and job (JSON), separated by tabs; a job's options are those of its ingredients if left out."""

_CODE = Path("src") / "hembench"


def freeze(plan: Plan, results: Path, package: Path, before: dict[str, str] | None = None) -> Path:
    """Write a plan with a copy of the package, data files included, and return the path of its plan.json.

    The copy appears by one rename. An equal one is used again (its time is renewed, for ``gc``), unless somebody
    has edited it: then it is replaced.

    Args:
        plan: the plan of a run; its settings' "root" is the project, whose git state is recorded.
        results: the results folder.
        package: the folder ``hembench`` with the code that was keyed.
        before: :func:`code_hashes` of the package from before the plan's keys were computed.

    Raises:
        StoreError: the package was edited since ``before``, or while it was copied.
    """
    with uncollected():
        lines = list(_lines(plan))
    head = _head(plan, lines)
    code = before if before is not None else code_hashes(package)
    target = results / PLANS / short({"plan": head, "code": code})
    if _is_whole(target, head, code):
        os.utime(target)
        return target / PLAN
    staging = results / PLANS / f".staging-{uuid.uuid4().hex}"
    try:
        _copy(package, staging / _CODE, code)
        write_json(staging / GIT_STATE, git_state(Path(str(plan.settings.get("root", ".")))))
        with (staging / JOBS).open("wb") as stream:
            stream.writelines(lines)
        sync_file(staging / JOBS)
        write_json(staging / PLAN, head)
        if not _is_whole(staging, head, code):
            raise StoreError(f"{package} was edited while the run was planned; start the run again.")
        _move(staging, target, head, code)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target / PLAN


def thaw(path: Path) -> Plan:
    """Return the plan of a plan.json (or of its folder) for a job; renews its time, as it is in use.

    Raises:
        StoreError: it is missing or damaged.
    """
    path = path / PLAN if path.is_dir() else path
    plan = read_plan(path)
    with contextlib.suppress(OSError):
        os.utime(path.parent)
    return plan


def read_plan(path: Path) -> Plan:
    """Return the plan of a plan.json, without a trace; its jobs are read when they are asked for.

    Raises:
        StoreError: it is missing or damaged.
    """
    try:
        head = json.loads(path.read_bytes())
        if isinstance(
            head["jobs"], list
        ):  # before jobs.tsv, all was in one file; gc still has to know what it names
            return Plan.from_json(head)
        jobs = _Lines(path.with_name(JOBS), head["jobs"]["count"], head["jobs"]["size"])
        return Plan(head["study"], jobs, head["code"], head["settings"])
    except FileNotFoundError:
        raise StoreError(f"{path}: this frozen plan is gone; start the run again.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path}: not a frozen plan ({error}); delete its folder and start the run again."
        ) from None


class _Lines(Stored):
    """The jobs of a ``jobs.tsv``: a line is found by halving the file."""

    def __init__(self, path: Path, count: int, size: int) -> None:
        self._path, self._count = path, count
        with path.open("rb") as stream:
            found = os.fstat(stream.fileno()).st_size
            if found != size:
                raise ValueError(f"{path.name} has {found} bytes, not {size}")
            self._text = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b""

    def __getitem__(self, path: str) -> Job:
        return self._job(self._line(f"{path}\t") or self._missing(path))

    def __iter__(self) -> Iterator[str]:
        start = 0
        while start < len(self._text):
            yield self._text[start : self._text.find(b"\t", start)].decode()
            start = self._text.find(b"\n", start) + 1

    def __len__(self) -> int:
        return self._count

    def readers(self, path: str) -> list[str]:
        line = self._line(f"{path}\t") or self._missing(path)
        found: list[str] = json.loads(line.split(b"\t", 2)[1])
        return found

    def first(self, beginning: str) -> Job | None:
        line = self._line(beginning)
        return None if line is None else self._job(line)

    def _line(self, beginning: str) -> bytes | None:
        """Return a line that begins so, None if there is none."""
        wanted = beginning.encode()
        low, high = 0, len(self._text)  # starts of lines, or the end
        while low < high:
            start = self._text.rfind(b"\n", low, (low + high) // 2) + 1 or low
            end = self._text.find(b"\n", start) + 1
            line = bytes(self._text[start:end])
            if line.startswith(wanted):
                return line
            low, high = (end, high) if line < wanted else (low, start)
        return None

    def _job(self, line: bytes) -> Job:
        try:
            job = json.loads(line.split(b"\t", 2)[2])
            plugins = {role: tuple(entry) for role, entry in job.pop("plugins").items()}
            options = job.pop("options", None)
            return Job(
                **job, plugins=plugins, options=job["ingredients"]["options"] if options is None else options
            )
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise StoreError(
                f"{self._path}: damaged ({error}); delete its folder and start the run again."
            ) from None

    def _missing(self, path: str) -> bytes:
        raise KeyError(path)


def _lines(plan: Plan) -> Iterator[bytes]:
    readers = plan.consumers()
    for path in sorted(plan.jobs, key=lambda path: f"{path}\t"):
        job = plan.jobs[path]
        facts = {
            "stage": job.stage,
            "cell": job.cell,
            "file": job.file,
            "plugins": job.plugins,
            "inputs": job.inputs,
            "ingredients": job.ingredients,
        }
        if job.ingredients.get("options") != job.options:
            facts["options"] = job.options
        yield f"{path}\t{json.dumps(readers[path])}\t{canonical(facts)}\n".encode()


def _head(plan: Plan, lines: Sequence[bytes]) -> dict[str, Any]:
    """Return what plan.json holds: it identifies the whole plan."""
    sha256 = hashlib.sha256()
    for line in lines:
        sha256.update(line)
    jobs = {"count": len(lines), "size": sum(map(len, lines)), "sha256": sha256.hexdigest()}
    return {"study": plan.study, "settings": plan.settings, "code": plan.code, "jobs": jobs}


def code_hashes(package: Path) -> dict[str, str]:
    """Return relative path -> sha256 of every file of the package; compiled files are none of its content."""
    files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(package).as_posix(): file_sha256(path) for path in sorted(files)}


def _is_whole(folder: Path, head: dict[str, Any], code: dict[str, str]) -> bool:
    try:
        same = canonical(json.loads((folder / PLAN).read_bytes())) == canonical(head)
        same = same and file_sha256(folder / JOBS) == head["jobs"]["sha256"]
    except (OSError, ValueError):
        return False
    return same and code_hashes(folder / _CODE) == code


def _copy(package: Path, target: Path, files: dict[str, str]) -> None:
    for name in files:
        copied = target / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / name, copied)
        sync_file(copied)


def _move(staging: Path, target: Path, head: dict[str, Any], code: dict[str, str]) -> None:
    """Put the copy where it belongs, unless another process just did; a damaged one there makes room."""
    with alone(target.parent):  # so that nobody's whole plan is taken for the damaged one that lay there before
        while True:
            try:
                staging.rename(target)
                break
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
            if _is_whole(target, head, code):
                return
            damaged = staging.with_name(f"{staging.name}-damaged")
            with contextlib.suppress(FileNotFoundError):  # where folders can't be locked: somebody else was faster
                target.rename(damaged)
            shutil.rmtree(damaged, ignore_errors=True)
    sync_folder(target.parent)
