"""What the plan says of an edited copy of the package: the judged, asked as ``hembench plan`` asks it."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from hembench.core import plugins
from hembench.core.errors import HembenchError
from hembench.plan import _definitions, sets
from hembench.plan.build import build
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Job, Plan
from hembench.plan.study import parse
from mutants.definitions import Definition, modules, mutated, of_module

Name = tuple[str, str]
"""Stage and cell of a job: what it is, whatever its key."""

_read = cache(_definitions.read)  # of a mutated package, one file is another: the rest is read once
_parsed = cache(ast.parse)


@dataclass(frozen=True)
class Verdict:
    """What the plan says of one mutant.

    Attributes:
        stale: jobs that would be made again.
        own: those of them whose own code, options, schema or data changed; the others follow from their inputs.
        told: those whose options, schema or data did: the plan reads the definition and hands it on.
        refused: why there is no plan.
    """

    definition: Definition
    stale: frozenset[Name] = frozenset()
    own: frozenset[Name] = frozenset()
    told: frozenset[Name] = frozenset()
    refused: str = ""


def plan(root: Path, study: str | Mapping[str, Any]) -> Plan:
    """Return the plan of a study (its text, or what it says) by the code of the project in ``root``."""
    package = root / "src" / "hembench"
    said = yaml.safe_load(study) if isinstance(study, str) else study
    settings = {"root": str(root), "results": str(root / "results"), "data": str(root / "data")}
    caches = [each for module in (plugins, sets) for each in vars(module).values() if hasattr(each, "cache_clear")]
    with contextlib.ExitStack() as stack:
        for each in caches:
            each.cache_clear()
            stack.callback(each.cache_clear)
        for module, name, value in (
            (plugins, "PACKAGE", package),
            (plugins, "_tree", cache(lambda path: _parsed(path.read_text(encoding="utf-8")))),
            (_definitions, "read", _read),
        ):
            stack.enter_context(mock.patch.object(module, name, value))
        return build(parse(dict(said)), root / "config" / "recipes", Fingerprinter(package), settings)


def by_name(plan: Plan) -> dict[Name, Job]:
    """Return the jobs of a plan by stage and cell, of which each has one."""
    found = {(job.stage, job.cell): job for job in plan.jobs.values()}
    assert len(found) == len(plan.jobs)
    return found


def ancestors(plan: Plan) -> dict[Name, frozenset[Name]]:
    """Return each job with all jobs that it is made from, itself among them."""
    found: dict[str, frozenset[Name]] = {}
    for path, job in plan.jobs.items():
        above = [found[source] for source in job.inputs.values()]
        found[path] = frozenset({(job.stage, job.cell)}).union(*above)
    return {(plan.jobs[path].stage, plan.jobs[path].cell): names for path, names in found.items()}


def changed(before: Mapping[Name, Job], after: Mapping[Name, Job], *parts: str) -> frozenset[Name]:
    """Return the jobs of ``before`` that are gone or differ in these parts of their keys; none named: in any."""

    def of(job: Job) -> Any:
        return [job.ingredients.get(part) for part in parts] if parts else job.key

    return frozenset(name for name, job in before.items() if name not in after or of(after[name]) != of(job))


def verdicts(root: Path, study: str) -> list[Verdict]:
    """Return the plan's verdict on a mutant of every definition of the package in ``root``."""
    before = by_name(plan(root, study))
    found = []
    for module, path in modules(root / "src" / "hembench").items():
        source = path.read_text(encoding="utf-8")
        definitions = of_module(module, source)
        every = source
        for definition in definitions:
            every = mutated(every, definition)
        # Where a mutant of all of them together changes nothing, none does: keys are digests.
        path.write_text(every, encoding="utf-8")
        together = _verdict(root, study, before, definitions[0]) if definitions else None
        for definition in definitions:
            if together is not None and not together.stale and not together.refused:
                found.append(Verdict(definition))
                continue
            path.write_text(mutated(source, definition), encoding="utf-8")
            found.append(_verdict(root, study, before, definition))
        path.write_text(source, encoding="utf-8")
    return found


def _verdict(root: Path, study: str, before: Mapping[Name, Job], definition: Definition) -> Verdict:
    try:
        after = by_name(plan(root, study))
    except HembenchError as error:
        return Verdict(definition, refused=str(error))
    told = changed(before, after, "options", "schema", "data")
    return Verdict(definition, changed(before, after), told | changed(before, after, "code"), told)
