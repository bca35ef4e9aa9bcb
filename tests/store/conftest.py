"""Jobs and artefacts without a study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hembench.plan.jobs import Job
from hembench.store import artefact, content


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def job() -> Callable[..., Job]:
    """Return a maker of jobs: code, options and inputs (role -> job) as given."""

    def make(
        stage: str = "train", code: str = "1", epochs: int = 1, cell: str = "mlp-hem-s0", **inputs: Job
    ) -> Job:
        options = {"epochs": epochs}
        ingredients = {
            "stage": stage,
            "schema": 1,
            "options": options,
            "code": code,
            "inputs": {role: other.key for role, other in inputs.items()},
        }
        return Job(
            stage, cell, stage, options, {}, {role: other.path for role, other in inputs.items()}, ingredients
        )

    return make


@pytest.fixture
def publish(results: Path) -> Callable[..., Path]:
    """Return a maker of a job's artefact, with a manifest as the driver writes it."""

    def make(job: Job, value: str = "x", **environment: Any) -> Path:
        manifest = {
            "stage": job.stage,
            "cell": job.cell,
            "key": job.key,
            "ingredients": job.ingredients,
            "inputs": job.inputs,
            "definitions": {"f": job.ingredients["code"]},
            "environment": {"versions": {}, **environment},
            "run": {"wall_seconds": 7.0},
        }
        artefact.publish(results / job.path, {"a.txt": content.text(value)}, manifest)
        return results / job.path

    return make
