from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hembench.commands import adopt
from hembench.commands._study import Loaded
from hembench.core.errors import ConfigError
from hembench.plan.jobs import Job, Plan, by_path
from hembench.store import artefact

Call = Callable[..., tuple[int, str]]


def test_a_whole_study_is_adopted_stage_by_stage_and_only_once(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]]
) -> None:
    old = published("1")
    study = store_study("2")
    status, printed = call(adopt, study, "predict", "--because", "same")
    assert status == 1
    assert "its inputs come first: train\n" in printed
    assert "0 adopted, 2 not, 0 there before" in printed
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


def test_options_that_differ_are_listed_and_taken_over_once_named(
    call: Call, store_study: Callable[..., Loaded], published: Callable[..., list[Path]]
) -> None:
    published("1", epochs=2, flip=False)
    study = store_study("2", epochs=3, compile=False, augmentation=None)
    status, printed = call(adopt, study, "train", "--because", "same")
    path = next(path for path in study.plan.jobs if path.startswith("train/"))
    assert status == 1
    assert printed.splitlines()[0] == (
        f"{path}: not adopted, another value of recipe.augmentation, recipe.compile, recipe.epochs, recipe.flip"
    )
    assert printed.splitlines()[2:] == [
        "train: 0 adopted, 2 not, 0 there before",
        "",
        "2 of them differ by their code and by options alone (was -> is):",
        "  recipe.augmentation: absent -> null  (2)",
        "  recipe.compile: absent -> false  (2)",
        "  recipe.epochs: 2 -> 3  (2)",
        "  recipe.flip: false -> absent  (2)",
        "Where these change no number, such as new ones whose defaults do what was done before, add",
        "  --option recipe.augmentation --option recipe.compile --option recipe.epochs --option recipe.flip",
    ]
    harmless = [word for name in ("augmentation", "compile", "flip") for word in ("--option", f"recipe.{name}")]
    status, printed = call(adopt, study, "train", "--because", "same", *harmless)
    assert (status, printed.splitlines()[-1]) == (1, "  --option recipe.epochs"), "what is left"
    assert not any(artefact.read_manifest(study.results / path) for path in study.plan.jobs)

    status, printed = call(adopt, study, "train", "--because", "same", "--option", "recipe", "--json")
    rows = json.loads(printed)
    assert (status, len(rows)) == (0, 2)
    expected = {
        "recipe.augmentation": {"is": None},
        "recipe.compile": {"is": False},
        "recipe.epochs": {"was": 2, "is": 3},
        "recipe.flip": {"was": False},
    }
    for row in rows:
        manifest = artefact.verified(study.results / row["path"])
        assert row["options"] == manifest["adoption"]["options"] == expected
        assert manifest["adoption"]["from"] == row["from"]
    status, printed = call(adopt, study, "predict", "--because", "same")
    assert (status, printed.splitlines()[-1]) == (0, "predict: 2 adopted, 0 not, 0 there before")
    status, printed = call(adopt, study, "train", "--because", "same", "--option", "recipe")
    assert (status, printed) == (0, "train: 0 adopted, 0 not, 2 there before\n")


def test_an_option_that_differs_nowhere_is_refused_before_anything_is_adopted(
    call: Call, store_study: Callable[..., Loaded], published: Callable[..., list[Path]]
) -> None:
    published("1")
    study = store_study("2", compile=False)
    named = ("--option", "recipe.compile", "--option", "recipe.compiled")
    with pytest.raises(ConfigError, match=r"--option recipe\.compiled: .* Did you mean 'recipe\.compile'"):
        call(adopt, study, "train", "--because", "same", *named)
    assert not any(artefact.read_manifest(study.results / path) for path in study.plan.jobs)


def test_inputs_of_the_same_stage_are_adopted_on_the_way(
    call: Call, store_study: Callable[..., Loaded], tmp_path: Path
) -> None:
    def sets(code: str) -> list[Job]:
        made: list[Job] = []
        for cell in ("test", "blurred"):
            inputs = {job.cell: job for job in made}
            keys = {role: job.key for role, job in inputs.items()}
            ingredients = {"stage": "prepare", "schema": 1, "options": {}, "code": code, "inputs": keys}
            paths = {role: job.path for role, job in inputs.items()}
            made.append(Job("prepare", cell, "prepare", {}, {}, paths, ingredients))
        return made

    for job in sets("1"):
        artefact.publish(tmp_path / "results" / job.path, {}, {"ingredients": job.ingredients})
    study = replace(store_study("2"), plan=Plan("tiny", by_path(sets("2")), {"2": {"f": "2"}}))
    status, printed = call(adopt, study, "prepare", "--dry-run")
    assert (status, printed.splitlines()[-1]) == (0, "prepare: 2 would be adopted, 0 not, 0 there before")
    assert not any((study.results / path).exists() for path in study.plan.jobs)
    status, printed = call(adopt, study, "prepare", "--because", "same")
    assert (status, printed.splitlines()[-1]) == (0, "prepare: 2 adopted, 0 not, 0 there before")


def test_a_dry_run_says_what_would_be_adopted_and_writes_nothing(
    call: Call, store_study: Callable[[str], Loaded], published: Callable[[str], list[Path]], tmp_path: Path
) -> None:
    trained, _, damaged, _ = published("1")
    (damaged / "a.txt").write_text("y")
    study = store_study("2")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    status, printed = call(adopt, study, "train", "--dry-run")
    assert status == 1
    assert f": from train/mlp-ce-s0/{trained.name}\n" in printed
    assert "another sha256" in printed
    assert printed.splitlines()[-1] == "train: 1 would be adopted, 1 not, 0 there before"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("reason", [(), ("--because", " ")])
def test_without_a_reason_nothing_is_adopted(
    call: Call, store_study: Callable[[str], Loaded], reason: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError, match="--because is missing"):
        call(adopt, store_study("2"), "train", *reason)


@pytest.mark.parametrize("target", [("trian",), ("train", "mlp-cee-s0")])
def test_typos_name_the_nearest(call: Call, store_study: Callable[[str], Loaded], target: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="Did you mean"):
        call(adopt, store_study("2"), *target, "--because", "same")
