"""Inputs of the same content make an earlier result do."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_jobs import ATTACK, PREDICT, SET, TRAIN, Stage

from hembench.plan.jobs import Job, Plan, by_path
from hembench.stages.driver import Driver
from hembench.store import artefact
from hembench.store.lease import LEASE


def test_inputs_of_the_same_content_make_an_earlier_result_do(
    tmp_path: Path, stage: Stage, results: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    retrained = replace(TRAIN, ingredients={**TRAIN.ingredients, "code": "other"})
    again = [replace(one, **anew(one, retrained)) for one in (PREDICT, ATTACK)]
    plan = Plan("tiny", by_path([SET, TRAIN, PREDICT, ATTACK, retrained, *again]), {"c0de": {}, "other": {}})
    for one in (SET, TRAIN, PREDICT, ATTACK, retrained):
        Driver(plan, results, tmp_path / "data", chain=False).make(one)
    made = len(stage.calls)
    for one in again:
        Driver(plan, results, tmp_path / "data", chain=False).make(one)
    assert len(stage.calls) == made, "nothing is computed"
    for one, earlier in zip(again, (PREDICT, ATTACK), strict=True):
        manifest = artefact.verified(results / one.path)
        assert manifest["key"] == one.key != earlier.key
        assert manifest["adoption"]["because"] == f"inputs have the same content as those of {earlier.path}"
        assert artefact.is_done(results / one.path)
        assert not (results / one.path / LEASE).exists()
        assert f"{one.stage} {one.cell}: {one.key} is taken over" in caplog.text


def test_a_damaged_earlier_result_is_not_taken_over(tmp_path: Path, stage: Stage, results: Path) -> None:
    retrained = replace(TRAIN, ingredients={**TRAIN.ingredients, "code": "other"})
    again = replace(ATTACK, **anew(ATTACK, retrained))
    plan = Plan("tiny", by_path([SET, TRAIN, ATTACK, retrained, again]), {"c0de": {}, "other": {}})
    for one in (SET, TRAIN, ATTACK, retrained):
        Driver(plan, results, tmp_path / "data", chain=False).make(one)
    (results / ATTACK.path / "a.txt").write_text("damaged")
    Driver(plan, results, tmp_path / "data", chain=False).make(again)
    assert "adoption" not in artefact.verified(results / again.path)
    assert stage.made.count(ATTACK.options["name"]) == 2


def anew(one: Job, network: Job) -> dict[str, Any]:
    """Return what changes of a job that reads another network."""
    keys = {**one.ingredients["inputs"], "network": network.key}
    return {
        "inputs": {**one.inputs, "network": network.path},
        "ingredients": {**one.ingredients, "inputs": keys},
    }
