"""The command that jobs of the workflow call, where it refuses; tests of the driver do the rest."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hembench.commands import run
from hembench.core.errors import ConfigError
from hembench.plan.jobs import Job, Plan, by_path
from hembench.stages import _ranks
from hembench.stages.driver import Driver


@pytest.fixture
def arguments(monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    monkeypatch.delenv("HEMBENCH_PLAN", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # so that it is put back afterwards
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    return parser.parse_args(["train", "digits-mlp_small-hem-s0"])


def refused(job: Job, monkeypatch: pytest.MonkeyPatch, **environ: str) -> str:
    for name in ("WORLD_SIZE", "RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as error:
        _ranks.refuse_wrong_number(job)
    return str(error.value)


def test_another_number_of_processes_than_a_job_takes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    torchrun = {"RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}
    two = Job("train", "c", "train", {"recipe": {"processes": 2}}, {}, {}, {})
    attack = Job("attack", "c", "attack", {}, {}, {}, {})
    message = refused(two, monkeypatch, WORLD_SIZE="3", **torchrun)
    assert "WORLD_SIZE is 3" in message
    assert "train c, which takes 2" in message
    assert "which takes 1" in refused(attack, monkeypatch, WORLD_SIZE="2", **torchrun)
    assert "torchrun has not set it: unset it" in refused(two, monkeypatch, WORLD_SIZE="2")
    assert "WORLD_SIZE is 'two': give the number" in refused(two, monkeypatch, WORLD_SIZE="two")
    for number in ("", "1", "2"):
        monkeypatch.setenv("WORLD_SIZE", number)
        for name, value in torchrun.items():
            monkeypatch.setenv(name, value)
        _ranks.refuse_wrong_number(two)


@pytest.mark.parametrize(
    ("variables", "chain"),
    [
        ({}, True),
        ({"SLURM_JOB_ID": "7"}, False),
        ({"SLURM_JOB_ID": "7", "HEMBENCH_CHAIN": "1"}, True),
        ({"SLURM_JOB_ID": "7", "HEMBENCH_CHAIN": ""}, False),
    ],
)
def test_a_training_goes_on_to_what_reads_it_on_a_cluster_only_where_the_site_says_so(
    arguments: argparse.Namespace, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], chain: bool
) -> None:
    found = []
    for name in ("SLURM_JOB_ID", "HEMBENCH_CHAIN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    job = Job("train", "digits-mlp_small-hem-s0", "train", {"recipe": {"processes": 1}}, {}, {}, {})
    monkeypatch.setattr(run, "_plan", lambda: Plan("tiny", by_path([job]), {}, {"results": "r", "data": "d"}))
    monkeypatch.setattr(Driver, "make", lambda self, job: found.append((self.chain, self.wait)))
    run.run(arguments)
    assert found == [(chain, "SLURM_JOB_ID" not in variables)]


@pytest.fixture
def temporary(arguments: argparse.Namespace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return a function that runs a job with variables, and returns where its temporary files go."""
    job = Job("train", arguments.cell, "train", {"recipe": {"processes": 1}}, {}, {}, {})
    found: list[str] = []
    monkeypatch.setattr(run, "_plan", lambda: Plan("tiny", by_path([job]), {}, {"results": "r", "data": "d"}))
    monkeypatch.setattr(Driver, "make", lambda self, job: found.append(tempfile.gettempdir()))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)

    def temporary(**variables: str) -> str:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        run.run(arguments)
        return found[-1]

    return temporary


def test_a_cluster_s_job_has_its_temporary_files_where_the_site_says(
    temporary: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tmp_path / "before"
    before.mkdir()
    scratch = str(tmp_path / "scratch" / "$OURS" / "$SLURM_JOB_ID")
    assert temporary(TMPDIR=str(before), OURS="us", HEMBENCH_SCRATCH=scratch) == str(before), "no cluster's job"
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert temporary(SLURM_JOB_ID="7", HEMBENCH_SCRATCH="") == str(before), "the site says nothing"
    expected = tmp_path / "scratch" / "us" / "7"
    assert temporary(HEMBENCH_SCRATCH=scratch) == str(expected) == os.environ["TMPDIR"]
    assert expected.is_dir()


@pytest.mark.parametrize(
    ("scratch", "message"),
    [("/scratch/$NOT_SET_HERE", "a variable in it is not set"), ("FILE/x", "can't be made")],
)
def test_a_scratch_folder_that_can_t_be_used_is_refused_by_its_key(
    temporary: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: str, message: str
) -> None:
    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=f"site_scratch is .*{message}"):
        temporary(SLURM_JOB_ID="7", HEMBENCH_SCRATCH=scratch.replace("FILE", str(tmp_path / "file")))


@pytest.mark.parametrize("given", ["", "1"])
def test_a_single_process_of_torchrun_is_let_through(
    arguments: argparse.Namespace, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("WORLD_SIZE", given)
    with pytest.raises(ConfigError, match="which study"):
        run.run(arguments)
