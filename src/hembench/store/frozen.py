"""The frozen plan: ``<results>/plans/<digest>/plan.json`` and the package beside it, in ``src/hembench/``.

Jobs read this plan and run this code, so an edit during a run changes nothing in it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from hembench.core.atomic import sync_file, sync_folder, write_json
from hembench.core.digest import digest, file_sha256, short
from hembench.core.errors import StoreError
from hembench.plan.jobs import Plan
from hembench.store.artefact import alone
from hembench.store.environment import GIT_STATE, git_state

PLANS = "plans"
"""Folder of the results folder that holds frozen plans; no stage may have this name."""
PLAN = "plan.json"

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
    document = plan.to_json()
    code = before if before is not None else code_hashes(package)
    target = results / PLANS / short({"plan": document, "code": code})
    if _is_whole(target, document, code):
        os.utime(target)
        return target / PLAN
    staging = results / PLANS / f".staging-{uuid.uuid4().hex}"
    try:
        _copy(package, staging / _CODE, code)
        write_json(staging / GIT_STATE, git_state(Path(str(plan.settings.get("root", ".")))))
        write_json(staging / PLAN, document)
        if not _is_whole(staging, document, code):
            raise StoreError(f"{package} was edited while the run was planned; start the run again.")
        _move(staging, target, document, code)
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
    """Return the plan of a plan.json, without a trace.

    Raises:
        StoreError: it is missing or damaged.
    """
    try:
        return Plan.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise StoreError(f"{path}: this frozen plan is gone; start the run again.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path}: not a frozen plan ({error}); delete its folder and start the run again."
        ) from None


def code_hashes(package: Path) -> dict[str, str]:
    """Return relative path -> sha256 of every file of the package; compiled files are none of its content."""
    files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(package).as_posix(): file_sha256(path) for path in sorted(files)}


def _is_whole(folder: Path, document: dict[str, Any], code: dict[str, str]) -> bool:
    try:
        same_plan = digest(json.loads((folder / PLAN).read_bytes())) == digest(document)
    except (OSError, ValueError):
        return False
    return same_plan and code_hashes(folder / _CODE) == code


def _copy(package: Path, target: Path, files: dict[str, str]) -> None:
    for name in files:
        copied = target / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / name, copied)
        sync_file(copied)


def _move(staging: Path, target: Path, document: dict[str, Any], code: dict[str, str]) -> None:
    """Put the copy where it belongs, unless another process just did; a damaged one there makes room."""
    with alone(target.parent):  # so that nobody's whole plan is taken for the damaged one that lay there before
        while True:
            try:
                staging.rename(target)
                break
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
            if _is_whole(target, document, code):
                return
            damaged = staging.with_name(f"{staging.name}-damaged")
            with contextlib.suppress(FileNotFoundError):  # where folders can't be locked: somebody else was faster
                target.rename(damaged)
            shutil.rmtree(damaged, ignore_errors=True)
    sync_folder(target.parent)
