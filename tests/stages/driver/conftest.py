"""A stage that only writes what it is told, and who makes its jobs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from made_jobs import PLAN, Stage

from hembench.plan.jobs import Job
from hembench.stages.driver import Driver


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    module = ModuleType("hembench.stages.fake")
    module.compute = stage.compute  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return stage


@pytest.fixture
def make(tmp_path: Path, stage: Stage) -> Callable[..., None]:
    """Return a function that makes jobs as one process of the workflow does."""

    def make(*jobs: Job, **settings: bool) -> None:
        for one in jobs:
            Driver(PLAN, tmp_path / "results", tmp_path / "data", **settings).make(one)

    return make


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"
