"""A run's lines, as Snakemake's own records make them."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from hembench.commands._progress import STREAM, Chatter, told


class Screen:
    """A logger as Snakemake sets it up: one handler for the screen, one for its log file."""

    def __init__(self) -> None:
        self.logger = logging.Logger("snakemake", logging.INFO)
        self.screen, self.file = io.StringIO(), io.StringIO()
        shown, kept = ColorizingTextHandler(stream=self.screen), logging.StreamHandler(self.file)
        shown.name = STREAM
        for handler in (shown, kept):
            handler.setFormatter(DefaultFormatter())
            self.logger.addHandler(handler)
        told(self.logger)

    def says(self, message: str | None, event: LogEvent | None = None, **values: Any) -> None:
        self.logger.info(message, extra={"event": event, **values} if event else None)

    def job(self, number: int, rule: str, cell: str | None) -> None:
        """Tell of a job that starts, as a quiet profile does: the handlers drop it, the logger sees it."""
        record = self.logger.makeRecord("snakemake", logging.INFO, "", 0, "x", (), None)
        record.__dict__ |= {
            "event": LogEvent.JOB_INFO,
            "jobid": number,
            "rule_name": rule,
            "wildcards": {"cell": cell} if cell else None,
        }
        self.logger.filter(record)

    def finished(self, number: int, done: int) -> None:
        self.says(f"Finished jobid: {number}", LogEvent.JOB_FINISHED, job_id=number)
        self.says(None, LogEvent.PROGRESS, done=done, total=193)

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without the times."""
        return [line.partition(" ")[2] for line in self.screen.getvalue().splitlines()]


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_a_result_that_is_done_is_named_by_stage_and_cell(screen: Screen) -> None:
    screen.job(7, "train_result", "digits-mlp-ce-s0")
    screen.job(8, "publish", None)
    screen.finished(7, 5)
    screen.finished(8, 6)
    assert screen.lines == ["train digits-mlp-ce-s0 done, 5 of 193", "publish done, 6 of 193"]
    assert screen.screen.getvalue()[2] == ":", "each line has its time"


def test_jobs_that_end_together_are_all_named_once(screen: Screen) -> None:
    for number, seed in ((1, 0), (2, 1)):
        screen.job(number, "train_result", f"net-ce-s{seed}")
        screen.says("Finished", LogEvent.JOB_FINISHED, job_id=number)
    screen.says(None, LogEvent.PROGRESS, done=2, total=193)
    screen.job(3, "attack_result", "net-ce-s0-x")
    screen.finished(3, 3)
    assert screen.lines == ["train net-ce-s0, train net-ce-s1 done, 2 of 193", "attack net-ce-s0-x done, 3 of 193"]


def test_a_failed_job_is_one_line_and_other_errors_are_left_as_they_are(screen: Screen) -> None:
    command = "PYTHONPATH=/x HEMBENCH_PLAN=/y python -m hembench run train net-ce-s0 9d540ca127b8 >> results/log"
    screen.says(
        f"RuleException:\nCalledProcessError in train.smk:\nCommand '{command}' returned 1.",
        LogEvent.ERROR,
        exception="RuleException",
    )
    screen.says("WorkflowError:\nno such study", LogEvent.ERROR, exception="WorkflowError")
    assert screen.lines[0] == "train net-ce-s0 failed; why is said at the end"
    assert screen.screen.getvalue().endswith("WorkflowError:\nno such study\n")


def test_snakemake_s_log_file_is_left_as_it_is(screen: Screen) -> None:
    screen.job(7, "train_result", "digits-mlp-ce-s0")
    screen.finished(7, 5)
    assert "Finished jobid: 7" in screen.file.getvalue()
    assert "5 of 193 steps" in screen.file.getvalue()


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("Select jobs to execute...", False),
        ("Execute 2 jobs...", False),
        ("Warning: the following output files of rule predict_result were not present", False),
        ("Cannot restore results/x/done: no backup found.", False),
        ("Building DAG of jobs...", True),
        ("WorkflowError:\nno such study", True),
    ],
)
def test_chatter_is_dropped_and_what_matters_is_kept(message: str, kept: bool) -> None:
    record = logging.LogRecord("snakemake", logging.INFO, __file__, 1, message, None, None)
    assert Chatter(logging.Logger("x")).filter(record) is kept


def test_why_slurm_refused_or_ended_a_job_is_one_line_also_where_rules_are_quiet(screen: Screen) -> None:
    for handler in screen.logger.handlers:
        handler.addFilter(DefaultFilter({Quietness.RULES}, False, False, False, False))
    screen.job(7, "train_result", "net-ce-s0")
    refused = (
        "SLURM sbatch failed. The error message was 'sbatch: error:\n  no'.\n    sbatch call:\n        sbatch -t"
    )
    beyond = "For further error details see the cluster/cloud log and the log files of the involved rule(s)."
    for reason in (refused, "SLURM-job '5' failed, SLURM status is: 'TIMEOUT'. ", ""):
        screen.says("Error in rule train_result", LogEvent.JOB_ERROR, jobid=7, rule_msg=f"{reason}{beyond}")
    screen.says("Error in rule train_result", LogEvent.JOB_ERROR, jobid=7, rule_msg=None)
    screen.says("Trying to restart job 7.")
    lines = [
        "train net-ce-s0: SLURM sbatch failed. The error message was 'sbatch: error: no'.",
        "train net-ce-s0: SLURM-job '5' failed, SLURM status is: 'TIMEOUT'.",
    ]
    assert screen.lines == [*lines, "train net-ce-s0 is tried again"]
    assert [line.partition(" ")[2] for line in screen.file.getvalue().splitlines()[:2]] == lines
