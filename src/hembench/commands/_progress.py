"""What a run says while it goes on, instead of Snakemake's own lines: how far it is, by cell, and what failed."""

from __future__ import annotations

import logging
import re
import time

STREAM = "DefaultStreamHandler"
"""Name of Snakemake's handler for the screen. Its log file and its plug-ins get every event as it was."""

FAILED_COMMAND = re.compile(r"-m hembench run (\w+) (\S+) [0-9a-f]{12}\b")
RESTART = re.compile(r"Trying to restart job (\d+)\.")

BEYOND_THE_REASON = re.compile(r"\n\s*sbatch (?:call|script):|For further error details see the cluster/cloud log")
"""Where the reason ends in what the SLURM executor says of a job that failed (2.8.0): then follow commands."""


class Chatter(logging.Filter):
    """Keeps what a run's reader needs of Snakemake's log, and remembers what each job is about.

    Dropped are the scheduler's two lines before every job, a warning for each result that a training's process has
    made ahead for its own job (chaining, which is meant to be), and what says nothing here. Why SLURM refused or
    ended a job is said in a line of its own: Snakemake's event is dropped, as the profiles are quiet about rules.
    """

    DROPPED = (
        "Select jobs to execute",
        "Execute ",
        "the following output files of rule",
        "Using shell",
        "Rules claiming more threads",
        "Conda environments",
        "Cannot restore ",  # no output is ever Snakemake's to back up
        "Exiting because a job execution failed",  # what failed is said below, not above
    )

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__()
        self.logger = logger
        self.names: dict[int, str] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a message is kept."""
        if event_of(record) == "JOB_INFO":
            values = record.__dict__
            cell = (values["wildcards"] or {}).get("cell")
            rule = values["rule_name"]
            stage = "everything asked for" if rule in ("default", "all") else rule.removesuffix("_result")
            self.names[values["jobid"]] = f"{stage} {cell}" if cell else stage
        if event_of(record) == "JOB_ERROR" and (reason := reason_of(record)):
            name = self.names.get(record.__dict__["jobid"], "a job")
            self.logger.error(f"{time.strftime('%H:%M:%S')} {name}: {reason}")
        return not str(record.msg).lstrip().removeprefix("Warning: ").startswith(self.DROPPED)


class Told(logging.Formatter):
    """Says one line for each result: its time, stage and cell, and how far the run is."""

    def __init__(self, snakemake: logging.Formatter, names: dict[int, str]) -> None:
        super().__init__()
        self.snakemake = snakemake
        self.names = names
        self.finished: list[str] = []

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; an empty one is not printed."""
        event, values = event_of(record), record.__dict__
        now = time.strftime("%H:%M:%S")
        if event == "JOB_FINISHED":
            self.finished.append(self.names.get(values["job_id"], "a job"))
            return ""
        if event == "PROGRESS":
            names, self.finished = ", ".join(self.finished), []
            return f"{now} {names} done, {values['done']} of {values['total']}"
        if event == "ERROR" and (failed := FAILED_COMMAND.search(str(record.msg))):
            return f"{now} {failed[1]} {failed[2]} failed; why is said at the end"
        if again := RESTART.match(str(record.msg)):
            return f"{now} {self.names.get(int(again[1]), 'a job')} is tried again"
        return self.snakemake.format(record)


def event_of(record: logging.LogRecord) -> str:
    """Return the name of Snakemake's event that a record tells of, or ""."""
    return getattr(getattr(record, "event", None), "name", "")


def reason_of(record: logging.LogRecord) -> str:
    """Return in one line why a job failed, as its executor says it; "" where that says nothing (local jobs)."""
    said = BEYOND_THE_REASON.split(record.__dict__.get("rule_msg") or "", maxsplit=1)[0]
    return " ".join(said.split())


def told(logger: logging.Logger) -> None:
    """Make Snakemake's logger say what these classes say."""
    chatter = Chatter(logger)
    logger.addFilter(chatter)
    for handler in logger.handlers:
        if handler.name == STREAM and handler.formatter is not None:
            handler.setFormatter(Told(handler.formatter, chatter.names))
