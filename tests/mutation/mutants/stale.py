"""What the plan says of an edited copy of the package: the judged, asked as ``hembench plan`` asks it."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from hembench.core import plugins
from hembench.core.errors import HembenchError
from hembench.plan import _definitions, build, sets
from hembench.plan._definitions import Record
from hembench.plan.fingerprint import Code, Fingerprinter
from hembench.plan.jobs import Job, Plan
from hembench.plan.study import parse
from mutants.definitions import Definition, modules, mutated, of_module

Name = tuple[str, str]
"""Stage and cell of a job: what it is, whatever its key."""

LIMITS = ((build, "MOST_LOGITS", 20_000), (sets, "PER_SHARD", 16), (sets, "DENSE_SHARD", 5 * 4 * 32 * 32))
"""Bytes of logits that are kept, images of a shard, bytes of one where pixels have labels: so that what goes for
large sets goes for some of the study's.
"""

_read = cache(_definitions.read)  # of a mutated package, one file is another: the rest is read once
_parsed = cache(ast.parse)
_said = cache(yaml.safe_load)


class _Consulted(dict[str, Record]):
    """Records of files by module that note which were asked for."""

    def __init__(self, records: Mapping[str, Record]) -> None:
        super().__init__(records)
        self.asked: set[str] = set()

    def __getitem__(self, module: str) -> Record:
        self.asked.add(module)
        return super().__getitem__(module)


Entries = frozenset[tuple[str, str | None]]
Known = Mapping[Entries, tuple[Code, Mapping[str, Record], list[str]]]
"""Entries -> their fingerprint, the records of the files that it was made of, the names of all files."""


class Remembering(Fingerprinter):
    """A fingerprinter that takes over what another one said, where all the files that that one looked at are the
    same: each of thousands of mutants changes one file, and most jobs have nothing to do with it.
    """

    def __init__(self, package: Path, known: Known) -> None:
        super().__init__(package)
        self._known = known

    @cached_property
    def _records(self) -> dict[str, Record]:
        return _Consulted(super()._records)

    def code(self, entries: Iterable[tuple[str, str | None]]) -> Code:
        wanted = frozenset(entries)
        if wanted in self._known:
            code, looked_at, files = self._known[wanted]
            now = self._records
            if [*now] == files and all(dict.get(now, module) is each for module, each in looked_at.items()):
                return code
        return super().code(wanted)

    def known(self) -> Known:
        """Return all that it has said, each worked out again from nothing to see what it is made of."""
        found = {}
        for wanted in [*self._codes]:
            fresh = Remembering(self._package, {})
            code, records = fresh.code(wanted), fresh._records
            assert isinstance(records, _Consulted)
            found[wanted] = code, {module: dict.get(records, module) for module in records.asked}, [*records]
        return found


@dataclass(frozen=True)
class Verdict:
    """What the plan says of one mutant.

    Attributes:
        stale: jobs that would be made again.
        own: those of them whose own code, options, schema or data changed; the others follow from their inputs.
        told: those whose options, schema, data or plug-ins did: the plan reads the definition and hands it on.
        refused: why there is no plan.
    """

    definition: Definition
    stale: frozenset[Name] = frozenset()
    own: frozenset[Name] = frozenset()
    told: frozenset[Name] = frozenset()
    refused: str = ""


def plan(root: Path, study: str | Mapping[str, Any], fingerprinter: Fingerprinter | None = None) -> Plan:
    """Return the plan of a study (its text, or what it says) by the code of the project in ``root``."""
    package = root / "src" / "hembench"
    said = _said(study) if isinstance(study, str) else study
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
            *LIMITS,
        ):
            stack.enter_context(mock.patch.object(module, name, value))
        fingerprinter = fingerprinter or Fingerprinter(package)
        return build.build(parse(dict(said)), root / "config" / "recipes", fingerprinter, settings)


def by_name(plan: Plan) -> dict[Name, Job]:
    """Return the jobs of a plan by stage and cell, of which each has one."""
    found = {(job.stage, job.cell): job for job in plan.jobs.values()}
    assert len(found) == len(plan.jobs)
    return found


def kind(job: Job) -> str:
    """Return what a job counts as where one of each kind is executed: the file of its stage, and the task of a
    training, where two share a file.
    """
    return f"{job.file} {job.options['task']}" if job.file == "train" else job.file


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
    package = root / "src" / "hembench"
    first = Remembering(package, {})
    before = by_name(plan(root, study, first))
    with mock.patch.object(_definitions, "read", _read):
        known = first.known()

    def of(definition: Definition) -> Verdict:
        try:
            after = by_name(plan(root, study, Remembering(package, known)))
        except (HembenchError, KeyError) as error:  # a word that the plan does not know
            return Verdict(definition, refused=str(error))
        told = changed(before, after, "options", "schema", "data")
        told |= {name for name, job in before.items() if name in after and job.plugins != after[name].plugins}
        return Verdict(definition, changed(before, after), told | changed(before, after, "code"), told)

    found = []
    for module, path in modules(package).items():
        source = path.read_text(encoding="utf-8")
        definitions = of_module(module, source)
        every = source
        for definition in definitions:
            every = mutated(every, definition)
        # Where a mutant of all of them together changes nothing, none does: keys are digests.
        path.write_text(every, encoding="utf-8")
        together = of(definitions[0]) if definitions else None
        for definition in definitions:
            if together is not None and not together.stale and not together.refused:
                found.append(Verdict(definition))
                continue
            path.write_text(mutated(source, definition), encoding="utf-8")
            found.append(of(definition))
        path.write_text(source, encoding="utf-8")
    return found
