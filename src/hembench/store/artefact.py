"""An artefact: one ``<key>/`` folder, published so that a crash at any point leaves nothing or the whole result.

Order: content files are written and flushed in a staging folder inside the key's folder, moved into place, and
only then ``manifest.json`` appears (it names every file with its sha256), and after it the empty marker ``done``,
which is all that Snakemake knows. Without a manifest there is no artefact, whatever else lies in the folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import socket
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hembench.core.atomic import sync_file, sync_folder, write_json
from hembench.core.digest import file_sha256
from hembench.core.errors import StoreError
from hembench.store.content import Content

MANIFEST = "manifest.json"
MARKER = "done"
STAGING = ".staging-"
STATE = "state"
"""Folder in the key's folder with the state of an unfinished result (``store.state``)."""
PROGRESS = "progress.json"
FAILURE = "failure.json"
"""How far a job is, and why it failed, beside its lease (``store.progress``)."""
SET_ASIDE = "set_aside"
"""Folder of the results folder that holds damaged artefacts; no stage may have this name."""

_CONTENT_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_RESERVED = {MANIFEST, MARKER, STATE, PROGRESS, FAILURE, "lease", "note.json"}


def publish(folder: Path, contents: Mapping[str, Content], manifest: Mapping[str, Any]) -> None:
    """Write an artefact into its key's folder, manifest last, then the marker.

    A valid manifest that is already there (another clone was faster) is left alone, and the marker is renewed.

    Args:
        folder: ``<results>/<stage>/<cell>/<key>``; made if needed.
        contents: writer by file name.
        manifest: JSON-able; ``"files": {name: {"sha256", "size"}}`` is added.

    Raises:
        StoreError: a file name is reserved or not a plain name.
        OSError: a write failed; the folder has no manifest then, and the next run makes the result.
    """
    for name in contents:
        if not _CONTENT_NAME.fullmatch(name) or name in _RESERVED:
            raise StoreError(f"{folder}: a result may not have a file named {name!r}; give it a plain, free name.")
    folder.mkdir(parents=True, exist_ok=True)
    if read_manifest(folder) is None:
        staging = folder / f"{STAGING}{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        staging.mkdir()
        try:
            files = {name: _write(staging / name, write) for name, write in sorted(contents.items())}
            _move(staging, folder, {**manifest, "files": files})
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        if read_manifest(folder) is None:  # never a marker without a result, whatever went wrong
            raise StoreError(f"{folder}: the result was written, and is not there. The same command makes it.")
    mark(folder)


def _write(path: Path, write: Content) -> dict[str, Any]:
    write(path)
    sync_file(path)
    return {"sha256": file_sha256(path), "size": path.stat().st_size}


def _move(staging: Path, folder: Path, manifest: dict[str, Any]) -> None:
    with alone(folder):
        if read_manifest(folder) is not None:
            return
        for name in sorted(manifest["files"]):
            (staging / name).replace(folder / name)
        sync_folder(folder)
        write_json(folder / MANIFEST, manifest)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep what two processes move into ``folder`` from being mixed; the kernel drops the lock when we die.

    The lease makes a second publisher rare (a holder that was suspended for minutes, then woke up). Where a file
    system cannot lock folders (NFS), the lease is all there is, and readers compare sha256.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def mark(folder: Path) -> None:
    """Write the empty marker unless it is there; a job that finds a valid manifest does this and ends.

    A finished result needs no state and no word of how far it is: whoever marks it removes them, as its maker may
    have been killed.
    """
    if not is_done(folder):
        (folder / MARKER).touch()
        sync_folder(folder)
    shutil.rmtree(folder / STATE, ignore_errors=True)
    with contextlib.suppress(OSError):  # a folder where nothing may be written
        for name in (PROGRESS, FAILURE):
            (folder / name).unlink(missing_ok=True)


def is_done(folder: Path) -> bool:
    """Return whether the marker is there: what Snakemake and the plan call done."""
    return (folder / MARKER).exists()


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest, or None if it is absent, torn, or not of our form (then there is no artefact)."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError, RecursionError):
        return None
    return manifest if _has_our_form(manifest) else None


_MAPPINGS = ("ingredients", "inputs", "read", "definitions", "environment", "run")


def _has_our_form(manifest: Any) -> bool:
    """Tell whether what readers of manifests take for granted holds; only "files" must be there.

    Asked once, here: the results folder is shared, and one odd manifest must not end the commands of all.
    """
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        return False
    parts = {name: manifest.get(name, {}) for name in _MAPPINGS}
    if not all(isinstance(part, dict) for part in parts.values()):
        return False
    nested = (
        parts["ingredients"].get("options", {}),
        parts["ingredients"].get("inputs", {}),
        parts["environment"].get("versions", {}),
    )
    attempts, lineage = parts["run"].get("attempts", []), manifest.get("lineage", [])
    return (
        all(_CONTENT_NAME.fullmatch(name) and _is_file(file) for name, file in manifest["files"].items())
        and all(isinstance(part, dict) for part in nested)
        and _are_texts(manifest.get(name, "") for name in ("stage", "cell", "key", "study"))
        and _are_texts(parts["inputs"].values())
        and isinstance(attempts, list)
        and all(_ran(attempt) for attempt in attempts)
        and isinstance(lineage, list)
        and all(_has(entry, "stage", "cell", "key") for entry in lineage)
        and _is_adoption(manifest.get("adoption"))
    )


def _is_file(file: Any) -> bool:
    return _has(file, "sha256") and type(file.get("size")) is int


def _ran(attempt: Any) -> bool:
    return _has(attempt, "device_name") and isinstance(attempt.get("torch", 0), str | None)


def _is_adoption(adoption: Any) -> bool:
    return not adoption or (_has(adoption, "from") and _is_adoption(adoption.get("earlier")))


def _has(mapping: Any, *names: str) -> bool:
    """Tell whether it is a mapping with a text under each name."""
    return isinstance(mapping, dict) and _are_texts(mapping.get(name) for name in names)


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def check(folder: Path) -> list[str]:
    """Return what is wrong with an artefact's files (missing, wrong size, wrong sha256); empty if it is whole."""
    manifest = read_manifest(folder)
    if manifest is None:
        return [f"{MANIFEST} is missing or torn, or not of our form"]
    problems = []
    for name, expected in sorted(manifest["files"].items()):
        path = folder / name
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif path.stat().st_size != expected["size"]:
            problems.append(f"{name} has {path.stat().st_size} bytes, the manifest says {expected['size']}")
        elif file_sha256(path) != expected["sha256"]:
            problems.append(f"{name} has another sha256 than the manifest says")
    return problems


def verified(folder: Path) -> dict[str, Any]:
    """Return the manifest of an artefact whose files all have their recorded size and sha256.

    Raises:
        StoreError: it is missing or damaged; names the file and the way out.
    """
    problems = check(folder)
    manifest = read_manifest(folder)
    if problems or manifest is None:
        raise StoreError(
            f"{folder}: {'; '.join(problems)}. "
            "`hembench verify STUDY --repair` sets damaged results aside, and the next run makes them again."
        )
    return manifest


def set_aside(folder: Path, because: str, depth: int = 3) -> Path:
    """Move an artefact to ``<results>/set_aside/<stage>-<cell>-<key>-<n>/`` with a note, and return that folder.

    ``depth`` is how many folders below the results folder it lies: 2 is a frozen plan.

    One rename: the artefact is either still there or wholly gone. The caller has made sure that nobody builds it.
    """
    results, name = folder.parents[depth - 1], "-".join(folder.parts[-depth:])
    (results / SET_ASIDE).mkdir(exist_ok=True)
    number = 1
    while (target := results / SET_ASIDE / f"{name}-{number}").exists():
        number += 1
    folder.rename(target)
    sync_folder(folder.parent)
    note = {"because": because, "from": "/".join(folder.parts[-depth:]), "time": datetime.now(UTC).isoformat()}
    write_json(target / "note.json", note)
    return target


def remove_staging(folder: Path) -> None:
    """Remove the staging folders and half-written files of dead writers; only whoever holds the lease may."""
    for staging in folder.glob(f"{STAGING}*"):
        shutil.rmtree(staging, ignore_errors=True)
    for half in folder.glob(".*.tmp"):
        half.unlink(missing_ok=True)


def linked(source: Path) -> Content:
    """Return what gives a file a second name: by a link where the file system has them, else by a copy."""

    def write(path: Path) -> None:
        try:
            os.link(source, path)
        except OSError:  # another file system, or one without links
            _copied(source, path)

    return write


def _copied(source: Path, path: Path) -> None:
    try:
        shutil.copyfile(source, path)
    except FileNotFoundError:
        if source.exists():
            raise
        raise StoreError(f"{source} is gone: it was freed after it had been checked.") from None
