"""Boundary code is mutated and executed: the same bytes, or a failed job.

It is whatever a job executes or reads without its key's knowing: the modules that the fingerprint names as its
boundary, what only these reach (store, leases, plans, commands), and for a fetch, whose result is compared with
the checksum in its key, all of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mutants import stale
from mutants.studies import ONE_CELL, copied
from mutants.touched import DRIVER, SCIENCE

from hembench.store.frozen import freeze

if TYPE_CHECKING:
    from conftest import Traced

SCIENCE_TOO = (
    ("hembench.core.streams", "seed_of"),
    ("hembench.engine.schedules", "learning_rate"),
    ("hembench.datasets.digits", "DARKEST"),
)
"""Definitions that are no boundary: executing their mutants must show it, or the judge is blind."""

CHAINED = [("hembench.stages.driver", name) for name in ("Driver._followers", "Driver._try")]
"""How a training's process goes on to predictions and attacks; when they are traced, each runs by itself."""

EXECUTED = ("fetch", "prepare", "train", "predict")
"""Stages that stand for all: what is around a job knows only whether it may take long, as a training does."""


@pytest.fixture(scope="module")
def execute(
    project: Path, tmp_path_factory: pytest.TempPathFactory, run_main: Callable[..., None]
) -> Callable[[Any], dict[str, str]]:
    """Return a function that executes the mutants of definitions and returns what came of each."""

    def execute(definitions: Any) -> dict[str, str]:
        folder = tmp_path_factory.mktemp("executed")
        root = copied(project, folder / "project")
        plan = stale.plan(root, ONE_CELL)
        frozen = freeze(plan, root / "results", root / "src" / "hembench")
        jobs = [[job.stage, job.cell, job.key] for job in plan.jobs.values() if job.stage in EXECUTED]
        (folder / "wanted.json").write_text(json.dumps({"jobs": jobs, "definitions": list(definitions)}))
        run_main("execute_main.py", root / "src" / "hembench", frozen, folder / "wanted.json", folder / "out.json")
        outcomes: dict[str, str] = json.loads((folder / "out.json").read_bytes())
        return outcomes

    return execute


def test_the_judge_sees_other_bytes(execute: Callable[[Any], dict[str, str]]) -> None:
    outcomes = execute(SCIENCE_TOO)
    for module, name in SCIENCE_TOO:
        of_it = [outcome for words, outcome in outcomes.items() if words.startswith(f"{module}.{name} ")]
        assert any(outcome.startswith("other bytes") for outcome in of_it), f"{module}.{name}: {of_it}"


def test_a_mutant_of_boundary_code_gives_the_same_bytes_or_a_failed_job(
    traced: Traced, verdicts: list[stale.Verdict], execute: Callable[[Any], dict[str, str]]
) -> None:
    boundary = []
    for verdict in verdicts:
        each = verdict.definition
        using = traced.touching(each, DRIVER) | traced.touching(each, SCIENCE)
        if using - verdict.own:
            boundary.append((each.module, each.name))
    boundary += CHAINED
    outcomes = execute(boundary)
    kinds = Counter(outcome.partition(":")[0] for outcome in outcomes.values())
    print(f"{len(boundary)} definitions, {len(outcomes)} mutants: {dict(kinds)}")
    assert {words: outcome for words, outcome in outcomes.items() if outcome.startswith("other")} == {}
    assert kinds["failed"] > 50
    assert kinds["same bytes"] > 50
