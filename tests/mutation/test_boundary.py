"""Boundary code is mutated and executed: the same bytes, or a failed job.

It is whatever a job executes or reads without its key's knowing: the modules that the fingerprint names as its
boundary, what only these reach (store, leases, plans, commands), and for a fetch, whose result is compared with
the checksum in its key, all of it. Each is executed in every stage whose jobs touch it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mutants import stale
from mutants.execute_main import ALL
from mutants.studies import ONE_CELL, copied
from mutants.touched import DRIVER, SCIENCE, within

from hembench.plan.boundary import BOUNDARY
from hembench.store.frozen import freeze

if TYPE_CHECKING:
    from conftest import Traced

Wanted = Iterable[tuple[str, str, Iterable[str]]]
"""Module and name of a definition, and the kinds of jobs to execute its mutants in."""

Outcomes = dict[str, dict[str, list[str]]]
"""What came of a mutant: kind -> outcome of each of its jobs."""

SCIENCE_TOO = {
    "prepare": ("hembench.datasets.digits", "DARKEST"),
    "train classification": ("hembench.engine.schedules", "learning_rate"),
    "predict": ("hembench.store.content", "read_json"),
    "attack": ("hembench.core.streams", "seed_of"),
    "evaluate": ("hembench.metrics.accuracy", "accuracy"),
    "table": ("hembench.tables.ood", "CAPTION"),
    "figure": ("hembench.figures.learning_curves", "TITLE"),
    "claims": ("hembench.claims.words", "plain"),
    "report": ("hembench.report.page", "render"),
    "train continual": ("hembench.engine.schedules", "learning_rate"),
    "predict_episodes": ("hembench.store.content", "read_json"),
    "prepare_dense_shards": ("hembench.datasets.scenes_in_shards", "PRESENT"),
    "train_dense": ("hembench.engine.schedules", "learning_rate"),
    "predict_dense": ("hembench.store.content", "read_json"),
}
"""Definitions that are no boundary, and where executing their mutants must show it, or the judge is blind."""

CHAINED = [("hembench.stages.driver", name, (ALL,)) for name in ("Driver._followers", "Driver._try")]
"""How a training's process goes on to predictions and attacks; when they are traced, each runs by itself."""

RECORDED = {
    "hembench.store.environment.*": "versions, device, threads and commit, for manifests",
    "hembench.store.lineage.*": "the same, carried from manifest to manifest",
    "hembench.stages.driver._environment": "the same, with torch's settings",
    "hembench.stages.driver.TORCH_STAGES": "of which stages torch's settings are recorded",
    "hembench.plan.jobs.CHAINED": "the same",
}
"""What manifests record beside the key and the report's page shows (docs/staleness.md): mutants of these may
change that one file.
"""

ONCE = {
    *("fetch", "prepare", "prepare_ood", "train classification", "predict", "attack", "evaluate"),
    *("table", "figure", "claims", "report"),
}
"""Kinds of jobs of a classification, which all boundary code is executed in that they touch."""

BESIDE = {
    *("train continual", "predict_episodes", "prepare_dense_shards", "train_dense", "predict_dense"),
    *("derive_class_counts", "evaluate_dense", "evaluate_episodes"),
}
"""Kinds of jobs of the other tasks; they touch nearly the same boundary code (``_executed``)."""

MEET = (
    "hembench.core.checkpoint",
    "hembench.stages._stopping",
    "hembench.stages.api",
    "hembench.stages.driver",
    "hembench.store.state",
)
"""Where a stage is given its inputs, is stopped and keeps its state: executed in every kind."""

FOR_PEOPLE = (
    "hembench.__main__",
    "hembench.claims._rests",
    "hembench.commands",
    "hembench.core.wording",
    "hembench.datasets._download",
    "hembench.load",
    "hembench.plan.build",
    "hembench.plan.cells",
    "hembench.plan.cost",
    "hembench.plan.difference",
    "hembench.plan.document",
    "hembench.plan.fingerprint",
    "hembench.plan.sets",
    "hembench.plan.study",
    "hembench.stages.publish",
    "hembench.store.gc",
    "hembench.store.strays",
    "hembench.store.survey",
    "hembench.store.verify",
    "hembench.workflow",
)
"""Boundary code that no job executes or reads (of commands all but ``run``)."""

PAGE = "results/report/one_cell/*/index.html"


@pytest.fixture(scope="module")
def execute(
    project: Path, tmp_path_factory: pytest.TempPathFactory, run_main: Callable[..., None]
) -> Callable[[Wanted], Outcomes]:
    """Return a function that executes the mutants of definitions and returns what came of each."""

    def execute(definitions: Wanted) -> Outcomes:
        folder = tmp_path_factory.mktemp("executed")
        root = copied(project, folder / "project")
        plan = stale.plan(root, ONE_CELL)
        frozen = freeze(plan, root / "results", root / "src" / "hembench")
        jobs = [[job.stage, job.cell, job.key, job.file, stale.kind(job)] for job in plan.jobs.values()]
        wanted = [[module, name, sorted(kinds)] for module, name, kinds in definitions]
        (folder / "wanted.json").write_text(json.dumps({"jobs": jobs, "definitions": wanted}))
        run_main("execute_main.py", root / "src" / "hembench", frozen, folder / "wanted.json", folder / "out.json")
        outcomes: Outcomes = json.loads((folder / "out.json").read_bytes())
        return outcomes

    return execute


def test_the_judge_sees_other_bytes_in_every_kind_of_job(execute: Callable[[Wanted], Outcomes]) -> None:
    wanted: dict[tuple[str, str], list[str]] = {}
    for kind, place in SCIENCE_TOO.items():
        wanted.setdefault(place, []).append(kind)
    outcomes = execute((*place, kinds) for place, kinds in wanted.items())
    for kind, (module, name) in SCIENCE_TOO.items():
        mutants = [of_kind for words, of_kind in outcomes.items() if words.startswith(f"{module}.{name} ")]
        seen = [outcome for of_kind in mutants for outcome in of_kind[kind]]
        assert any(outcome.startswith("other bytes") for outcome in seen), f"{module}.{name}: {seen}"


def test_a_mutant_of_boundary_code_gives_the_same_bytes_or_a_failed_job(
    traced: Traced, verdicts: list[stale.Verdict], execute: Callable[[Wanted], Outcomes]
) -> None:
    boundary = list(CHAINED)
    for verdict in verdicts:
        each = verdict.definition
        unknown = (traced.touching(each, DRIVER) | traced.touching(each, SCIENCE)) - verdict.own
        if unknown and not verdict.refused:  # of a mutant that has no plan no key is known
            kinds = {stale.kind(traced.jobs[name]) for name in unknown}
            boundary.append((each.module, each.name, tuple(_executed(each.module, kinds))))
    outcomes = execute(boundary)
    jobs = [(words, each) for words, of_kind in outcomes.items() for made in of_kind.values() for each in made]
    kinds_of_outcome = Counter(outcome.partition(":")[0] for _, outcome in jobs)
    print(f"{len(boundary)} definitions, {len(outcomes)} mutants, {len(jobs)} jobs: {dict(kinds_of_outcome)}")
    print({kind: sum(kind in of_kind for of_kind in outcomes.values()) for kind in (*ONCE, *BESIDE)})
    other = [(words, outcome) for words, outcome in jobs if outcome.startswith("other")]
    shown = {each: _recorded(*each) for each in other}
    assert [each for each, patterns in shown.items() if not patterns] == []
    assert {pattern for patterns in shown.values() for pattern in patterns} == set(RECORDED)
    assert kinds_of_outcome["failed"] > 500
    assert kinds_of_outcome["same bytes"] > 500
    assert [module for module, _, kinds in boundary if not kinds] == [], "touched, and executed by no job"


def test_no_job_touches_the_boundary_that_is_for_people(traced: Traced) -> None:
    """What no job executes or reads can change no result, whatever is done to it."""
    sides = (*traced.science.values(), *traced.driver.values())
    touched = {module for uses in sides for module, _ in uses.touched}
    known = {module for module, _ in traced.package.definitions}
    idle = {module for module in known - touched if within(module, BOUNDARY)}
    print(f"boundary that no job touches: {len(idle)} of {sum(within(m, BOUNDARY) for m in known)} modules")
    for_people = {module for module in known if within(module, FOR_PEOPLE)} - {"hembench.commands.run"}
    assert len(for_people) > 35
    assert for_people - idle == set()


def _executed(module: str, kinds: set[str]) -> set[str]:
    """Return the kinds of jobs that mutants of a definition are executed in, of those that touch it.

    They are the kinds of a classification, and the others where these don't touch it, or where a stage and what is
    around it meet.
    """
    return kinds & ONCE if kinds & ONCE and module not in MEET else kinds & (ONCE | BESIDE)


def _recorded(mutant: str, outcome: str) -> list[str]:
    """Return the patterns of ``RECORDED`` that allow an outcome."""
    if not fnmatchcase(outcome, f"other bytes: {PAGE}"):
        return []
    return [pattern for pattern in RECORDED if fnmatchcase(mutant.partition(" ")[0], pattern)]
