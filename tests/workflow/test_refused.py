"""A SLURM that refuses every job: the reason is on the screen, and nothing says that a job was killed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

REASON = "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified"
PROGRAMS = {
    "sbatch": f"echo '{REASON}' >&2; exit 1",
    "scontrol": "echo 'MinJobAge               = 300 sec'",
    **dict.fromkeys(("sinfo", "squeue", "sacct", "sacctmgr", "sshare"), "exit 0"),
}
SOON = ("--slurm-init-seconds-before-status-checks", "1")


@pytest.fixture
def refusing(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a login node whose SLURM refuses every job."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, does in PROGRAMS.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_a_job_that_slurm_refuses_is_told_with_slurm_s_reason(bare: Any, refusing: dict[str, str]) -> None:
    project = bare("refused")
    settings = ("--workflow-profile", "profiles/slurm", "--retries", "1", *SOON)
    done = project.snakemake("data", *settings, env=refusing, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    told = [line.partition(" ")[2] for line in said.splitlines() if REASON in line]
    line = f"prepare digits-{{}}: SLURM sbatch failed. The error message was '{REASON}'."
    assert sorted(told) == [line.format("test")] * 2 + [line.format("train")] * 2, said
    assert said.count("prepare digits-train is tried again") == 1
    assert "sbatch call" not in said, "the command is long, and says nothing"
    (log,) = (project.root / ".snakemake" / "log").glob("*.log")
    assert log.read_text().count(REASON) == 4, "Snakemake's own log has it, too"

    failure = said[said.index("failed; what needs them is not made:") :]
    assert failure.count("it never began: refused by SLURM, if this is one, or lost") == 2
    assert "killed" not in said
