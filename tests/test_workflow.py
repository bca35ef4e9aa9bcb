from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from hembench.commands._refusals import refuse_blind
from hembench.core.errors import ConfigError
from hembench.plan.jobs import Job, Plan, by_path
from hembench.store import artefact
from hembench.workflow import PLAN_VARIABLE, RUN_VARIABLE, Workflow


def job(stage: str, cell: str, inputs: dict[str, Job] | None = None) -> Job:
    sources = {role: source.path for role, source in (inputs or {}).items()}
    return Job(stage, cell, stage, {}, {}, sources, {"stage": stage, "cell": cell, "inputs": sources})


TRAIN = job("train", "mlp-ce-s0")
OTHER = job("train", "mlp-hem-s0")
PREDICT = job("predict", "mlp-ce-s0-main", {"network": TRAIN})
REPORT = job("report", "tiny", {"predict": PREDICT})


@pytest.fixture
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workflow:
    monkeypatch.chdir(tmp_path)
    settings = {"results": str(tmp_path / "results"), "reports": str(tmp_path / "reports")}
    plan = Plan("tiny", by_path([TRAIN, OTHER, PREDICT, REPORT]), {}, settings)
    return Workflow(plan, tmp_path / "plans" / "x" / "plan.json", "run-1")


def ended(workflow: Workflow, job: Job, said: str, *, done: bool = False) -> None:
    """Leave behind what a job of the run leaves: its log, and its marker where it worked."""
    log = Path(workflow.log(job.stage, job.cell, job.key))
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(said)
    if done:
        folder = Path(workflow.marker(job)).parent
        folder.mkdir(parents=True)
        artefact.mark(folder)


NEITHER = "after 60 seconds.*neither sacct nor squeue can work here.*MinJobAge >= 180"


@pytest.mark.parametrize(
    ("asked", "site", "way_out"),
    [
        ("sacct", {"AccountingStorageType": "accounting_storage/none"}, "must be squeue"),
        ("sacct", {"AccountingStorageType": "(null)"}, "must be squeue"),
        ("sacct", {"AccountingStorageType": "accounting_storage/slurmdbd", "MinJobAge": "2 sec"}, None),
        ("squeue", {"AccountingStorageType": "accounting_storage/none", "MinJobAge": "300 sec"}, None),
        ("squeue", {"MinJobAge": "60 sec"}, "forgets ended jobs after 60 seconds.* must be sacct"),
        (
            "squeue",
            {"AccountingStorageType": "accounting_storage/slurmdbd", "MinJobAge": "179 sec"},
            "must be sacct",
        ),
        ("squeue", {"AccountingStorageType": "accounting_storage/none", "MinJobAge": "60 sec"}, NEITHER),
        ("sacct", {"AccountingStorageType": "accounting_storage/none", "MinJobAge": "60 sec"}, NEITHER),
        ("sacct", {"AccountingStorageType": "accounting_storage/none", "MinJobAge": "0 sec"}, "must be squeue"),
        ("squeue", {"AccountingStorageType": "accounting_storage/none", "MinJobAge": "0 sec"}, None),
        ("squeue", {"AccountingStorageType": "accounting_storage/none", "MinJobAge": "180 sec"}, None),
        ("squeue", {}, None),
        (None, {"AccountingStorageType": "accounting_storage/none", "MinJobAge": "2 sec"}, None),
    ],
)
def test_a_run_that_would_see_no_job_end_is_refused(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, site: dict[str, str], way_out: str | None
) -> None:
    monkeypatch.setattr("hembench.commands._refusals.slurm_here", lambda: site)
    with pytest.raises(ConfigError, match=way_out) if way_out else nullcontext():
        refuse_blind(SimpleNamespace(status_command=asked))
    refuse_blind(None)


def test_what_failed_is_told_with_its_message_and_log(workflow: Workflow) -> None:
    ended(workflow, TRAIN, "09:00:00 train mlp-ce-s0: abc\nhembench run: the disk is full.\n")
    ended(workflow, OTHER, "09:00:00 train mlp-hem-s0: abc\n", done=True)
    said = workflow.failures()
    assert "train mlp-ce-s0: the disk is full." in said
    assert workflow.log("train", "mlp-ce-s0", TRAIN.key) in said
    assert OTHER.cell not in said
    assert "predict" not in said, "it was never started"


def test_what_somebody_else_is_making_is_listed_apart(workflow: Workflow) -> None:
    ended(workflow, TRAIN, "hembench run: results/x: is being built by job 123 on n1. When that has ended ...\n")
    ended(workflow, OTHER, "hembench run: the disk is full.\n")
    failed, _, held = workflow.failures().partition("being made by somebody else; the same command")
    assert "train mlp-hem-s0" in failed
    assert "train mlp-ce-s0" not in failed
    assert "train mlp-ce-s0" in held
    assert "job 123" in held


def test_of_a_defect_the_end_of_its_traceback_is_shown(workflow: Workflow) -> None:
    ended(workflow, TRAIN, "Traceback (most recent call last):\n" + "  frame\n" * 50 + "ValueError: not so\n")
    assert "ValueError: not so" in workflow.failures()
    assert workflow.failures().count("frame") == 11


def test_a_job_without_a_word_never_began_and_slurm_s_log_of_it_is_named(workflow: Workflow) -> None:
    ended(workflow, TRAIN, "")
    assert "train mlp-ce-s0: it never began: refused by SLURM" in workflow.failures()
    assert "slurm_logs" not in workflow.failures(), "SLURM has written none"
    folder = Path(".snakemake", "slurm_logs", "rule_train_result", f"{TRAIN.cell}_{TRAIN.key}")
    folder.mkdir(parents=True)
    assert f"see above, and {folder}/\n" in workflow.failures()
    ended(workflow, TRAIN, "09:00:00 train mlp-ce-s0: abc\n")
    assert "killed, perhaps for want of memory" in workflow.failures(), "it had begun"


def test_a_publishing_that_failed_is_told(workflow: Workflow) -> None:
    assert workflow.failures() == ""
    ended(workflow, REPORT, "", done=True)
    log = Path(workflow.log("publish", "tiny", REPORT.key))
    log.parent.mkdir(parents=True)
    log.write_text("hembench run: the disk is full.\n")
    assert "publish tiny: the disk is full." in workflow.failures()


def test_logs_of_other_runs_are_none_of_this_one_s(workflow: Workflow) -> None:
    earlier = Workflow(workflow.plan, workflow.frozen, "run-0")
    ended(earlier, TRAIN, "hembench run: the disk is full.\n")
    assert workflow.failures() == ""
    assert earlier.failures() != ""


def test_a_finished_result_asks_for_no_inputs(workflow: Workflow) -> None:
    wildcards = type("Wildcards", (), {"cell": PREDICT.cell, "key": PREDICT.key})
    assert workflow.inputs("predict")(wildcards) == [f"results/{TRAIN.path}/done"]
    ended(workflow, PREDICT, "", done=True)
    assert workflow.inputs("predict")(wildcards) == []


def test_the_default_target_asks_for_all_but_trainings_and_names_ask_for_their_stages(workflow: Workflow) -> None:
    stamp = f"reports/tiny/.published/{REPORT.key}"
    assert workflow.wanted() == [f"results/{PREDICT.path}/done", f"results/{REPORT.path}/done", stamp]
    assert workflow.wanted("train") == [f"results/{TRAIN.path}/done", f"results/{OTHER.path}/done"]
    assert workflow.wanted("report") == [f"results/{REPORT.path}/done", stamp]


@pytest.mark.parametrize("present", [[], [PLAN_VARIABLE], [RUN_VARIABLE]])
def test_a_job_side_snakemake_computes_no_plan_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, present: list[str]
) -> None:
    for variable in (PLAN_VARIABLE, RUN_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    for variable in present:
        monkeypatch.setenv(variable, "x")
    with pytest.raises(ConfigError, match="was not started by a controlling Snakemake"):
        Workflow.open({}, tmp_path, main=False)


def test_snakemake_never_gets_hold_of_a_result(project: Path) -> None:
    """An output that is not marked `update` is deleted when its job starts or fails, whoever has made it."""
    outputs = []
    for rules in sorted((project / "workflow").rglob("*.smk")):
        outputs += re.findall(r"^    output:\n((?:        .*\n)+)", rules.read_text(encoding="utf-8"), flags=re.M)
    assert len(outputs) == 12
    assert all(re.fullmatch(r"        update\([^\n]*\),\n", output) for output in outputs), outputs
