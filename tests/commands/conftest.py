"""A loaded study without a project: two trainings, their predictions, and a results folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from hembench.commands._study import Loaded
from hembench.plan.jobs import Job, Plan, by_path
from hembench.plan.study import StudyConfig
from hembench.store import artefact, content


def jobs_of(code: str, **recipe: Any) -> list[Job]:
    """Return train and predict of two cells, made with code of that digest, trained by that recipe."""
    made: list[Job] = []
    for cell in ("mlp-ce-s0", "mlp-hem-s0"):
        options = {"cell": cell, "recipe": recipe}
        ingredients = {"stage": "train", "schema": 1, "options": options, "code": code, "inputs": {}}
        train = Job("train", cell, "train", options, {}, {}, ingredients)
        ingredients = {
            "stage": "predict",
            "schema": 1,
            "options": {},
            "code": code,
            "inputs": {"network": train.key},
        }
        made += [train, Job("predict", f"{cell}-main", "predict", {}, {}, {"network": train.path}, ingredients)]
    return made


def publish(results: Path, job: Job) -> Path:
    manifest = {"stage": job.stage, "cell": job.cell, "key": job.key, "ingredients": job.ingredients}
    artefact.publish(results / job.path, {"a.txt": content.text("x")}, manifest)
    return results / job.path


@pytest.fixture
def store_study(tmp_path: Path) -> Callable[..., Loaded]:
    """Return a maker of the loaded study whose code has the given digest, and its recipe the given numbers."""

    def make(code: str, **recipe: Any) -> Loaded:
        plan = Plan("tiny", by_path(jobs_of(code, **recipe)), {code: {"f": code}})
        study = cast(StudyConfig, None)
        return Loaded(plan, study, tmp_path, tmp_path / "results", tmp_path / "data", tmp_path / "reports")

    return make


@pytest.fixture
def published(tmp_path: Path) -> Callable[..., list[Path]]:
    """Return a maker of all artefacts of that study."""
    return lambda code, **recipe: [publish(tmp_path / "results", job) for job in jobs_of(code, **recipe)]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Return a caller of a command on a loaded study: status and what it printed."""
    import argparse

    def call(module: object, loaded: Loaded, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(module, "load", lambda name: loaded)
        parser = argparse.ArgumentParser()
        module.add_arguments(parser)  # type: ignore[attr-defined]
        status = module.run(parser.parse_args(arguments))  # type: ignore[attr-defined]
        return status, capsys.readouterr().out

    return call
