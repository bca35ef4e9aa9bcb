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
from mutants.touched import DRIVER, SCIENCE

from hembench.store.frozen import freeze

if TYPE_CHECKING:
    from conftest import Traced

Wanted = Iterable[tuple[str, str, Iterable[str]]]
"""Module and name of a definition, and the stages to execute its mutants in."""

Outcomes = dict[str, dict[str, list[str]]]
"""What came of a mutant: stage -> outcome of each of its jobs."""

SCIENCE_TOO = {
    "prepare": ("hembench.datasets.digits", "DARKEST"),
    "train": ("hembench.engine.schedules", "learning_rate"),
    "predict": ("hembench.store.content", "read_json"),
    "attack": ("hembench.core.streams", "seed_of"),
    "evaluate": ("hembench.metrics.accuracy", "accuracy"),
    "table": ("hembench.tables.ood", "CAPTION"),
    "figure": ("hembench.figures.learning_curves", "TITLE"),
    "claims": ("hembench.claims.words", "plain"),
    "report": ("hembench.report.page", "render"),
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
        jobs = [[job.stage, job.cell, job.key, job.file] for job in plan.jobs.values()]
        wanted = [[module, name, sorted(stages)] for module, name, stages in definitions]
        (folder / "wanted.json").write_text(json.dumps({"jobs": jobs, "definitions": wanted}))
        run_main("execute_main.py", root / "src" / "hembench", frozen, folder / "wanted.json", folder / "out.json")
        outcomes: Outcomes = json.loads((folder / "out.json").read_bytes())
        return outcomes

    return execute


def test_the_judge_sees_other_bytes_in_every_stage(execute: Callable[[Wanted], Outcomes]) -> None:
    outcomes = execute((module, name, [stage]) for stage, (module, name) in SCIENCE_TOO.items())
    for stage, (module, name) in SCIENCE_TOO.items():
        mutants = [of_stage for words, of_stage in outcomes.items() if words.startswith(f"{module}.{name} ")]
        seen = [outcome for of_stage in mutants for outcome in of_stage[stage]]
        assert any(outcome.startswith("other bytes") for outcome in seen), f"{module}.{name}: {seen}"


def test_a_mutant_of_boundary_code_gives_the_same_bytes_or_a_failed_job(
    traced: Traced, verdicts: list[stale.Verdict], execute: Callable[[Wanted], Outcomes]
) -> None:
    boundary = list(CHAINED)
    for verdict in verdicts:
        each = verdict.definition
        unknown = (traced.touching(each, DRIVER) | traced.touching(each, SCIENCE)) - verdict.own
        if unknown and not verdict.refused:  # of a mutant that has no plan no key is known
            boundary.append((each.module, each.name, tuple({stage for stage, _ in unknown})))
    outcomes = execute(boundary)
    jobs = [(words, each) for words, of_stage in outcomes.items() for made in of_stage.values() for each in made]
    kinds = Counter(outcome.partition(":")[0] for _, outcome in jobs)
    print(f"{len(boundary)} definitions, {len(outcomes)} mutants, {len(jobs)} jobs: {dict(kinds)}")
    other = [(words, outcome) for words, outcome in jobs if outcome.startswith("other")]
    shown = {each: _recorded(*each) for each in other}
    assert [each for each, patterns in shown.items() if not patterns] == []
    assert {pattern for patterns in shown.values() for pattern in patterns} == set(RECORDED)
    assert kinds["failed"] > 500
    assert kinds["same bytes"] > 500


def _recorded(mutant: str, outcome: str) -> list[str]:
    """Return the patterns of ``RECORDED`` that allow an outcome."""
    if not fnmatchcase(outcome, f"other bytes: {PAGE}"):
        return []
    return [pattern for pattern in RECORDED if fnmatchcase(mutant.partition(" ")[0], pattern)]
