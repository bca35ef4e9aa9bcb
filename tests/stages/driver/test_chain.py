"""A training goes on to what reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from made_jobs import ATTACK, EVALUATE, PREDICT, SET, TRAIN, Stage

from hembench.core.errors import InputError
from hembench.store import artefact


def test_a_training_goes_on_to_its_prediction_and_attack_under_their_own_keys(
    make: Callable[..., None], stage: Stage, results: Path
) -> None:
    make(SET, TRAIN)
    assert stage.made == [
        "prepare made-train",
        "train made-ce-s0",
        "predict made-ce-s0-main",
        "attack made-ce-s0-linf",
    ]
    for made in (PREDICT, ATTACK):
        assert artefact.verified(results / made.path)["key"] == made.key
        assert artefact.is_done(results / made.path)
    assert not (results / EVALUATE.path).exists(), "an evaluation is no part of the chain"


def test_the_chain_makes_what_is_missing_when_the_training_is_there(
    make: Callable[..., None], stage: Stage
) -> None:
    make(SET, TRAIN, PREDICT, chain=False)
    make(TRAIN)
    assert stage.made[3:] == ["attack made-ce-s0-linf"]


def test_without_chain_a_training_is_all_that_is_made(make: Callable[..., None], stage: Stage) -> None:
    make(SET, TRAIN, chain=False)
    assert stage.made == ["prepare made-train", "train made-ce-s0"]


def test_the_chain_leaves_out_what_lacks_an_input(make: Callable[..., None], stage: Stage, results: Path) -> None:
    make(SET, TRAIN, chain=False)
    (results / SET.path / artefact.MARKER).unlink()
    make(TRAIN)
    assert stage.made == ["prepare made-train", "train made-ce-s0"]


@pytest.mark.parametrize("error", [InputError("the shapes differ"), ZeroDivisionError("by nought")])
def test_a_failure_along_the_chain_fails_neither_the_training_nor_the_rest(
    make: Callable[..., None],
    stage: Stage,
    results: Path,
    error: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage.broken["predict made-ce-s0-main"] = error
    make(SET, TRAIN)
    assert artefact.is_done(results / TRAIN.path)
    assert artefact.is_done(results / ATTACK.path)
    assert not (results / PREDICT.path / artefact.MANIFEST).exists()
    assert "predict made-ce-s0-main, made ahead, failed" in caplog.text
    assert str(error) in caplog.text
    with pytest.raises(type(error)):
        make(PREDICT)
