"""The command that jobs of the workflow call, where it refuses; tests of the driver do the rest."""

from __future__ import annotations

import argparse

import pytest

from hembench.commands import run
from hembench.core.errors import ConfigError
from hembench.plan.jobs import Job, Plan, by_path
from hembench.stages.driver import Driver


@pytest.fixture
def arguments(monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    monkeypatch.delenv("HEMBENCH_PLAN", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # so that it is put back afterwards
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    return parser.parse_args(["train", "digits-mlp_small-hem-s0"])


def test_one_of_several_processes_is_refused_before_it_waits_for_the_first(
    arguments: argparse.Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match=r"WORLD_SIZE is '2'.* several processes is not built yet.*one process"):
        run.run(arguments)


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
    job = Job("train", "digits-mlp_small-hem-s0", "train", {}, {}, {}, {})
    monkeypatch.setattr(run, "_plan", lambda: Plan("tiny", by_path([job]), {}, {"results": "r", "data": "d"}))
    monkeypatch.setattr(Driver, "make", lambda self, job: found.append((self.chain, self.wait)))
    run.run(arguments)
    assert found == [(chain, "SLURM_JOB_ID" not in variables)]


@pytest.mark.parametrize("given", ["", "1"])
def test_a_single_process_of_torchrun_is_let_through(
    arguments: argparse.Namespace, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("WORLD_SIZE", given)
    with pytest.raises(ConfigError, match="which study"):
        run.run(arguments)
