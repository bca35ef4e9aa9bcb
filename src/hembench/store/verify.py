"""Audit of results: content against sha256, key against ingredients, strays, libraries mixed within a stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hembench.core.digest import short
from hembench.core.errors import LeaseHeldError, StoreError
from hembench.plan.jobs import Job
from hembench.store import artefact, strays
from hembench.store.frozen import PLAN, PLANS, read_plan
from hembench.store.lease import LEASE, lease, living_owner

MATTER = ("python", "torch", "torchvision", "torchattacks", "numpy", "cuda", "cudnn")
"""Libraries whose mixture within a stage is reported."""

_WITH_TORCH = ("device", "device_name", "threads", "precision")


@dataclass(frozen=True)
class Finding:
    """Something wrong.

    Attributes:
        path: the job's path, the stage of a mixture, or the path of what belongs to no result.
        problem: in words.
        damaged: whether the artefact is damaged, so that ``repair`` sets it aside.
        leftover: whether it is what a killed process of ours has left, so that ``clean`` removes it.
    """

    path: str
    problem: str
    damaged: bool
    leftover: bool = False


def verify(results: Path, jobs: Iterable[Job]) -> list[Finding]:
    """Return what is wrong with the results of ``jobs``; missing ones and those being made are not wrong."""
    findings, environments = [], []
    for job in jobs:
        folder = results / job.path
        if not folder.is_dir() or living_owner(folder) is not None:
            continue
        findings += [Finding(job.path, problem, True) for problem in problems(folder)]
        manifest = artefact.read_manifest(folder)
        if manifest is not None:
            environments.append((job.stage, manifest.get("environment", {})))
            findings += [Finding(job.path, problem, False) for problem in _elsewhere(manifest)]
            findings += _beside(job.path, folder, manifest)
    return findings + _mixtures(environments) + _around(results)


def problems(folder: Path) -> list[str]:
    """Return what is wrong with one artefact; an unfinished one, without manifest and marker, is not wrong."""
    manifest = artefact.read_manifest(folder)
    if manifest is None:
        if (folder / artefact.MANIFEST).is_dir():  # in the way of the next run
            return [f"{artefact.MANIFEST} is a folder"]
        torn = f"marked as done, but {artefact.MANIFEST} is missing or torn, or not of our form"
        return [torn] if artefact.is_done(folder) else []
    key = short(manifest.get("ingredients"))
    wrong_key = [] if key == folder.name else [f"the ingredients in {artefact.MANIFEST} give the key {key}"]
    return wrong_key + artefact.check(folder)


def repair(results: Path, findings: Iterable[Finding]) -> dict[str, Path]:
    """Set the damaged artefacts among ``findings`` aside; return path -> where they are now.

    What somebody is making, or has made again meanwhile, is left alone.
    """
    moved: dict[str, Path] = {}
    for path in dict.fromkeys(finding.path for finding in findings if finding.damaged):
        folder = results / path
        if folder.parent.name == PLANS:
            if because := _damage(folder):
                moved[path] = artefact.set_aside(folder, because, depth=2)
            continue
        try:
            with lease(folder, wait=False, finished=lambda: False):
                if found := problems(folder):
                    moved[path] = artefact.set_aside(folder, "; ".join(found))
                    (moved[path] / LEASE).unlink(missing_ok=True)
        except LeaseHeldError:
            continue
    return moved


def clean(results: Path, findings: Iterable[Finding]) -> list[str]:
    """Remove the leftovers among ``findings``; return their paths.

    What somebody is at is left alone, and so is an artefact that is no longer finished: it was set aside or freed
    meanwhile, and may be in the making again, with hours of work in its state.
    """
    cleaned = []
    for path in dict.fromkeys(finding.path for finding in findings if finding.leftover):
        if not strays.is_artefact(path):
            strays.remove_leftover(results, path)
        elif not strays.tidy(results / path):
            continue
        cleaned.append(path)
    return cleaned


def _beside(path: str, folder: Path, manifest: dict[str, Any]) -> list[Finding]:
    foreign, ours = strays.beside(folder, manifest)
    findings = []
    if foreign:
        findings.append(Finding(path, f"the manifest does not name {', '.join(foreign)}: nothing reads it", False))
    if ours:
        findings.append(Finding(path, f"left by a killed job: {', '.join(ours)}", False, leftover=True))
    return findings


def _around(results: Path) -> list[Finding]:
    if not results.is_dir():
        return []
    words = {True: "left by a killed process", False: "no result, and nothing that belongs here"}
    found = [Finding(path, words[ours], False, leftover=ours) for path, ours in strays.elsewhere(results)]
    folders = sorted(path.parent for path in (results / PLANS).glob(f"*/{PLAN}"))
    damaged = ((folder, _damage(folder)) for folder in folders if not folder.name.startswith("."))
    return found + [Finding(f"{PLANS}/{folder.name}", problem, True) for folder, problem in damaged if problem]


def _damage(plan: Path) -> str:
    """Return why the frozen plan of a folder can't be read, "" where it can: gc can't know what it names."""
    try:
        read_plan(plan / PLAN)
    except StoreError as error:
        return str(error)
    return ""


def _elsewhere(manifest: dict[str, Any]) -> list[str]:
    """Return the attempts of a resumed result that ran with another torch or on another device than the last one.

    Such a result is what no uninterrupted run gives, bit for bit.
    """
    environment = manifest.get("environment", {})
    last = (environment.get("versions", {}).get("torch"), environment.get("device_name"))
    attempts = manifest.get("run", {}).get("attempts", [])
    others = dict.fromkeys((attempt["torch"], attempt["device_name"]) for attempt in attempts)
    return [
        f"went on, with torch {last[0]} on {last[1]}, from a state made with torch {torch} on {device}"
        for torch, device in others
        if (torch, device) != last
    ]


def _mixtures(environments: Iterable[tuple[str, dict[str, Any]]]) -> list[Finding]:
    """Return a finding for each fact of the environment in which the results of one stage differ."""
    seen: dict[tuple[str, str], Counter[str]] = {}
    for stage, environment in environments:
        versions = environment.get("versions", {})
        facts = {name: versions[name] for name in MATTER if name in versions}
        if "threads" in environment:  # recorded only where torch was used
            facts |= {name: environment.get(name) for name in _WITH_TORCH}
        for name, value in facts.items():
            seen.setdefault((stage, name), Counter())[str(value)] += 1
    findings = []
    for (stage, name), values in seen.items():
        if len(values) > 1:
            words = ", ".join(f"{value} ({count} results)" for value, count in sorted(values.items()))
            findings.append(Finding(stage, f"results are a mixture of {name}: {words}", False))
    return findings
