"""The command that jobs of the workflow call, where it refuses; tests of the driver do the rest."""

from __future__ import annotations

import argparse

import pytest

from hembench.commands import run
from hembench.core.errors import ConfigError


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


@pytest.mark.parametrize("given", ["", "1"])
def test_a_single_process_of_torchrun_is_let_through(
    arguments: argparse.Namespace, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("WORLD_SIZE", given)
    with pytest.raises(ConfigError, match="which study"):
        run.run(arguments)
