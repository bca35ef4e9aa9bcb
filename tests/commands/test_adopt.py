from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hembench.commands import adopt
from hembench.commands._study import Loaded
from hembench.core.errors import ConfigError
from hembench.store import artefact

Call = Callable[..., tuple[int, str]]


def test_a_whole_study_is_adopted_stage_by_stage_and_only_once(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]]
) -> None:
    old = published("1")
    study = store_study("2")
    status, printed = call(adopt, study, "predict", "--because", "same")
    assert status == 1
    assert "0 adopted, 2 not, 0 there before" in printed  # their inputs come first
    for stage in ("train", "predict"):
        status, printed = call(adopt, study, stage, "--because", "renamed a helper")
        assert (status, printed.splitlines()[-1]) == (0, f"{stage}: 2 adopted, 0 not, 0 there before")
    for source, path in zip(old, study.plan.jobs, strict=True):
        manifest = artefact.verified(study.results / path)
        assert manifest["adoption"]["because"] == "renamed a helper"
        assert manifest["adoption"]["from"] == source.relative_to(study.results).as_posix()
        assert manifest["definitions"] == {"f": "2"}
    status, printed = call(adopt, study, "train", "--because", "again")
    assert (status, printed) == (0, "train: 0 adopted, 0 not, 2 there before\n")


def test_one_cell_and_a_damaged_source(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]]
) -> None:
    damaged = published("1")[2]
    (damaged / "a.txt").write_text("y")
    status, printed = call(adopt, store_study("2"), "train", "mlp-ce-s0", "--because", "same")
    assert (status, printed.splitlines()[-1]) == (0, "train: 1 adopted, 0 not, 0 there before")
    status, printed = call(adopt, store_study("2"), "train", "--because", "same", "--json")
    (row,) = json.loads(printed)
    assert status == 1
    assert row["from"] == f"train/mlp-hem-s0/{damaged.name}"
    assert "another sha256" in row["problem"]


@pytest.mark.parametrize("target", [("trian",), ("train", "mlp-cee-s0")])
def test_typos_name_the_nearest(call: Call, store_study: Callable[[str], Loaded], target: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="Did you mean"):
        call(adopt, store_study("2"), *target, "--because", "same")
