"""Adoption: "this result is also that one". Files are linked under a new key, with the reason in the manifest.

By hand (``hembench adopt``) after a refactoring; by a job itself where its inputs have the content of an earlier
job's (content cut-off): a network that was trained anew and came out the same is not predicted and attacked again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hembench.core.digest import canonical, digest
from hembench.core.errors import StoreError
from hembench.core.wording import whole
from hembench.plan.jobs import Job
from hembench.store import artefact
from hembench.store.lease import lease

NEVER = ("report",)
"""Stages that show more of their inputs than the files: keys, versions, adoptions. Tested."""

Differences = dict[str, dict[str, Any]]
"""Dotted name of an option -> its values in the older and the wanted job, "was" and "is"; absent: no such item."""


@dataclass(frozen=True)
class Sibling:
    """A result that differs from a wanted one by its code and options alone.

    Attributes:
        folder: the artefact.
        options: the options that differ; none: by its code alone.
        unnamed: those of them that nobody vouches for.
    """

    folder: Path
    options: Differences
    unnamed: tuple[str, ...]


def adopt(source: Path, target: Path, job: Job, because: str, definitions: Mapping[str, str]) -> None:
    """Publish the artefact ``source`` as the result of ``job``, too; environment and run stay those of its making.

    Args:
        source: artefact folder, checked against its sha256 before it is taken over.
        target: ``<results>/<job.path>``; nothing happens if the result is there.
        job: the wanted job.
        because: the reason, for the manifest and the report.
        definitions: the code that the job would run, definition -> hash.

    Raises:
        StoreError: no reason is given, or the source is missing or damaged.
        LeaseHeldError: somebody is making the result.
    """
    if not because.strip():
        raise StoreError("an adoption needs a reason: it stands in the manifest and in the report.")
    with lease(target, wait=False, finished=lambda: artefact.read_manifest(target) is not None) as held:
        if held is None:
            artefact.mark(target)
            return
        take_over(source, target, job, because, definitions)


def take_over(source: Path, target: Path, job: Job, because: str, definitions: Mapping[str, str]) -> None:
    """Do what :func:`adopt` does for who holds the target's lease already.

    Raises:
        StoreError: the source is missing or damaged, or was freed meanwhile.
    """
    made = artefact.verified(source)
    adoption: dict[str, Any] = {
        "from": "/".join(source.parts[-3:]),
        "because": because,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if differing := differences(made["ingredients"]["options"], job.ingredients["options"]):
        adoption["options"] = differing
    if "adoption" in made:
        adoption["earlier"] = made["adoption"]
    manifest = {
        **{name: value for name, value in made.items() if name != "files"},
        "stage": job.stage,
        "cell": job.cell,
        "key": job.key,
        "ingredients": job.ingredients,
        "inputs": job.inputs,
        "definitions": dict(definitions),
        "adoption": adoption,
    }
    artefact.publish(target, {name: artefact.linked(source / name) for name in made["files"]}, manifest)


def sibling(
    results: Path, job: Job, named: Collection[str] = (), taken: Mapping[Path, Path] | None = None
) -> Sibling | None:
    """Return the nearest other result of the stage and cell that differs from ``job`` by code and options alone.

    Nearest is that with the fewest options that are not named, then with the fewest at all, then the newest.
    Inputs count as equal where their keys are, or where the wanted input was itself adopted from the other one.

    Args:
        results: folder of results.
        job: the wanted job.
        named: dotted names of options that may differ, each with all that is below it.
        taken: artefacts that count as adopted from others, though they may not exist yet (a dry run's).
    """
    found: list[tuple[int, int, int, Sibling]] = []
    for folder in (results / job.stage / job.cell).glob("*"):
        manifest = artefact.read_manifest(folder)
        if manifest is None or folder.name == job.key:
            continue
        old = manifest.get("ingredients", {})
        if _nothing_else_differs(results, job, old, taken or {}):
            options = differences(old.get("options", {}), job.ingredients["options"])
            unnamed = tuple(option for option in options if not any(covers(name, option) for name in named))
            age = -(folder / artefact.MANIFEST).stat().st_mtime_ns
            found.append((len(unnamed), len(options), age, Sibling(folder, options, unnamed)))
    return min(found, key=lambda one: one[:3])[3] if found else None


def covers(name: str, option: str) -> bool:
    """Return whether a dotted name is that of the option or of something that it lies in."""
    return option == name or option.startswith(f"{name}.")


def differences(was: Mapping[str, Any], now: Mapping[str, Any], inside: str = "") -> Differences:
    """Return what differs between the options of two jobs: as deep as both are mappings, else the whole value.

    3 and 3.0 are the same number, as in studies; 1 and true are not the same.
    """
    found: Differences = {}
    for key in sorted({*was, *now}):
        values = {word: side[key] for word, side in (("was", was), ("is", now)) if key in side}
        if [isinstance(value, Mapping) for value in values.values()] == [True, True]:
            found |= differences(was[key], now[key], f"{inside}{key}.")
        elif len(values) == 1 or canonical(whole(was[key])) != canonical(whole(now[key])):
            found[f"{inside}{key}"] = values
    return found


def content_of_inputs(manifests: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the digest of the files of each input, by role: "read" in the manifest of a job."""
    return {role: digest({"files": manifest.get("files")}) for role, manifest in manifests.items()}


def same_content(results: Path, job: Job) -> Path | None:
    """Return the newest other result of the same stage and cell that was made by the same code, with the same
    options, from inputs of the same content; None if there is none, or an input of ``job`` does not exist.
    """
    if not job.inputs or job.stage in NEVER:
        return None
    manifests = {role: artefact.read_manifest(results / path) for role, path in job.inputs.items()}
    there = {role: manifest for role, manifest in manifests.items() if manifest is not None}
    if len(there) < len(manifests):
        return None
    wanted = content_of_inputs(there)
    found: list[tuple[int, Path]] = []
    for folder in (results / job.stage / job.cell).glob("*"):
        manifest = artefact.read_manifest(folder)
        if manifest is None or folder.name == job.key:
            continue
        same = _without_inputs(manifest.get("ingredients", {})) == _without_inputs(job.ingredients)
        if same and manifest.get("read") == wanted:
            found.append(((folder / artefact.MANIFEST).stat().st_mtime_ns, folder))
    return max(found)[1] if found else None


def _without_inputs(ingredients: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in ingredients.items() if name != "inputs"}


def _nothing_else_differs(results: Path, job: Job, old: Mapping[str, Any], taken: Mapping[Path, Path]) -> bool:
    """Tell whether everything but code and options is equal."""
    new = job.ingredients
    others = ({*old} | {*new}) - {"code", "options", "inputs"}
    was, now = old.get("inputs", {}), new.get("inputs", {})
    return (
        all(old.get(name) == new.get(name) for name in others)
        and was.keys() == now.keys()
        and all(was[role] in _origins(results / job.inputs[role], taken) for role in now)
    )


def _origins(folder: Path, taken: Mapping[Path, Path]) -> set[str]:
    """Return the key of an artefact and the keys that it was adopted from."""
    keys = {folder.name}
    if folder in taken:
        return keys | _origins(taken[folder], {})
    adoption = (artefact.read_manifest(folder) or {}).get("adoption")
    while adoption:
        keys.add(adoption["from"].rpartition("/")[2])
        adoption = adoption.get("earlier")
    return keys
