"""Snakemake as the front door: what it plans by default and by target, what it refuses, what parsing costs."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

from hembench.store.frozen import read_plan

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project

HEAVY = ("torch", "torchvision", "torchattacks", "sklearn", "scipy", "pandas", "pyarrow", "matplotlib")


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_a_fresh_checkout_plans_the_whole_demo(tiny: Project, snakefile: str) -> None:
    done = tiny.call(sys.executable, "-m", "snakemake", "-n", "--snakefile", snakefile)
    jobs = int(re.search(r"^total\s+(\d+)", done.stdout + done.stderr, flags=re.M)[1])
    planned = json.loads(tiny.hembench("plan", "demo", "--json").stdout)["jobs"]
    assert jobs == len(planned) + 2, "and the publishing, and the target itself"
    assert len(planned) > 100


def test_a_study_given_on_the_command_line_does_not_meet_the_demo(tiny: Project) -> None:
    assert tiny.dry_run() == {*tiny.plan(), "publish"}
    (frozen,) = tiny.results.glob("plans/*/plan.json")
    plan = read_plan(frozen)
    assert plan.study == "tiny"
    assert {job.options["loss"]["name"] for job in plan.of_stage("train")} == {"ce", "hem"}
    assert {job.options["dataset"] for job in plan.of_stage("prepare")} == {"digits"}


SNAKEMAKE = """\
import importlib, pkgutil, sys

# Snakemake imports every installed executor, and SLURM's imports pandas: that is theirs, and not looked at.
for module in list(pkgutil.iter_modules()):
    if module.name.startswith("snakemake_executor_plugin_"):
        importlib.import_module(module.name)
for name in [name for name in sys.modules if name.split(".")[0] in sys.argv[2].split(",")]:
    del sys.modules[name]
sys.path.insert(0, sys.argv[1])
from snakemake.cli import main
main(sys.argv[3:])
"""
"""Runs Snakemake where the modules of a folder hide those that our own code must not import."""


def test_planning_imports_nothing_heavy(tiny: Project, tmp_path: Path) -> None:
    for name in HEAVY:
        (tmp_path / "heavy").mkdir(exist_ok=True)
        (tmp_path / "heavy" / f"{name}.py").write_text(f"raise SystemExit('{name} was imported')\n")
    path = f"{tmp_path / 'heavy'}:{tiny.root / 'src'}"
    shown = tiny.call(sys.executable, "-c", "import torch", check=False, env={"PYTHONPATH": path})
    assert "torch was imported" in shown.stderr, "else the test shows nothing"
    hidden = (str(tmp_path / "heavy"), ",".join(HEAVY))
    tiny.python("-c", SNAKEMAKE, *hidden, "-n", "--configfile", "config/tiny.yaml")
    for command in (
        ("hembench", "plan", "tiny"),
        ("hembench", "why", "digits-mlp_tiny-one_epoch-hem-s0", "train", "--study", "tiny"),
    ):
        tiny.call(sys.executable, "-m", *command, env={"PYTHONPATH": path})


TARGETS = {
    "data": {"fetch", "prepare"},
    "train": {"fetch", "prepare", "train"},
    "predict": {"fetch", "prepare", "train", "predict"},
    "attack": {"fetch", "prepare", "train", "attack"},
    "metrics": {"fetch", "prepare", "train", "predict", "attack", "evaluate"},
    "figures": {"fetch", "prepare", "train", "predict", "attack", "evaluate", "table", "figure"},
    "report": {
        "fetch",
        "prepare",
        "train",
        "predict",
        "attack",
        "evaluate",
        "table",
        "figure",
        "report",
        "publish",
    },
}


@pytest.mark.parametrize("target", TARGETS)
def test_each_target_plans_its_stages_and_what_they_need(tiny: Project, target: str) -> None:
    def stages(paths: set[str]) -> set[str]:
        return {path.split("/")[0] for path in paths}

    planned = tiny.dry_run(target)
    assert stages(planned) == TARGETS[target]
    needed = {path for path in [*tiny.plan(), "publish"] if path.split("/")[0] in TARGETS[target]}
    beside = {"prepare/digits-ood-uniform", "prepare/digits-corruption-noise", "prepare/digits-test"}
    if target == "train":  # sets that no training reads
        needed = {path for path in needed if path.rpartition("/")[0] not in beside}
    if target == "attack":
        needed = {path for path in needed if not path.startswith(("prepare/digits-ood", "prepare/digits-corr"))}
    assert planned == needed


def test_the_target_train_makes_a_pruned_training(pretended: Project) -> None:
    (training,) = (pretended.results / "train" / "digits-mlp_tiny-one_epoch-hem-s0").iterdir()
    (training / "done").unlink()
    assert pretended.dry_run() == set()
    assert pretended.dry_run("train") == {f"train/{training.parent.name}/{training.name}"}


FORCED = {
    "everything": ["-F"],
    "a rule": ["-R", "train_result"],
    "a rule, by the long name": ["--forcerun", "report_result"],
    "what seems unfinished": ["--rerun-incomplete"],
    "a target": ["-F", "--", "figures"],
    "the publishing": ["-F", "--", "publish"],
    "a result": ["-R", "train_result", "--", "results/{report}/done"],
}


@pytest.mark.parametrize("name", FORCED)
def test_a_forced_run_is_refused_whatever_is_asked_for(pretended: Project, name: str) -> None:
    (report,) = pretended.results.glob("report/tiny/*")
    options = [option.format(report=report.relative_to(pretended.results)) for option in FORCED[name]]
    refused = pretended.snakemake(*options, check=False)
    said = refused.stdout + refused.stderr
    assert refused.returncode == 1
    assert "is refused: results are kept under keys" in said
    assert "hembench gc CELL STAGE" in said
    assert not list(pretended.results.glob("logs/*/*")), "nothing was started"


@pytest.mark.parametrize(
    "command", [["snakemake", "--lint"], ["snakefmt", "--check", "Snakefile", "workflow"]], ids=lambda c: c[0]
)
def test_the_snakefiles_are_clean(tiny: Project, command: list[str]) -> None:
    done = tiny.call(sys.executable, "-m", *command, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
