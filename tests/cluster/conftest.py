"""A real SLURM cluster on this machine (``slurm_daemons``), one for all tests, and runs that are submitted to it.

It schedules, kills, preempts and loses nodes as a large one does; it enforces no limit of memory or GPUs. All
of it lies in one temporary folder. It needs the packages munge, slurmctld, slurmd and slurm-client, and no set-up.
"""

from __future__ import annotations

import contextlib
import getpass
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from slurm_daemons import NODES, PATH, PROGRAMS, Cluster, free_ports


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 150) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it never happened: {what}"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def wait() -> Callable[..., None]:
    """Return a function that polls a condition until it holds."""
    return wait_for


@pytest.fixture(scope="session", name="free_ports")
def _free_ports() -> Callable[[int], list[int]]:
    """Return a function that finds so many ports that nobody uses."""
    return free_ports


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Return the cluster; without SLURM's programs its tests are skipped, a failure under HEMBENCH_REQUIRE."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if missing:
        pytest.skip(f"SLURM is not installed: {', '.join(missing)} (.ci/run says what to install)")
    # Not pytest's folder: a socket's path may have no more than 108 bytes.
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder))
        try:
            cluster.start("munged")
            wait_for((cluster.folder / "munge.sock").exists, "munged starts", 20)
            for name in ("slurmctld", *NODES):
                cluster.start(name)
            wait_for(cluster.up, "the nodes come up", 30)
            yield cluster
        finally:
            cluster.stop()


def _helpers(root: Path) -> Any:
    """Return the helpers of tests/workflow: copies of the project."""
    name = "copies_of_the_project"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, root / "tests/workflow/conftest.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)  # its dataclasses look themselves up
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def make_copy(project: Path) -> Callable[[Path], Any]:
    """Return a maker of copies with a small study: two trainings of 45 steps, any of which may be the last."""
    helpers = _helpers(project)
    study = helpers.BARE.replace("batch_size: 256", "batch_size: 32")
    assert study != helpers.BARE, "tests/workflow/conftest.py has another study: the tests are out of step"
    return lambda target: helpers.copy_project(project, target, study)


@pytest.fixture(scope="session")
def local(make_copy: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a copy whose study was run on this machine without a cluster; never edited itself."""
    made = make_copy(tmp_path_factory.mktemp("local") / "project")
    made.snakemake()
    return made


@pytest.fixture
def empty(make_copy: Callable[[Path], Any], tmp_path: Path) -> Any:
    """Return a copy with the study and no results."""
    return make_copy(tmp_path / "empty")


@pytest.fixture
def copy(local: Any, tmp_path: Path) -> Any:
    """Return a copy with all results of the local run."""
    shutil.copytree(local.root, tmp_path / "copy")
    return type(local)(tmp_path / "copy")


def fill_in(profile: Path, **site: str) -> None:
    """Write values into the profile's block "site", as its user does."""
    text = profile.read_text()
    for name, value in site.items():
        text, found = re.subn(rf'(?m)^(  {name}: )("[^"]*"|\d+)', lambda line, value=value: line[1] + value, text)
        assert found == 1, f"{profile}: where is {name}?"
    profile.write_text(text)


@pytest.fixture
def submit(project: Path, cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Return a function that starts a controlling Snakemake; whatever is left of it at the end is killed."""
    running: list[subprocess.Popen[bytes]] = []

    def submit(copy: Any, *arguments: str, partition: str = "main", account: str = "") -> Any:
        fill_in(
            copy.root / "profiles/slurm/config.yaml",
            slurm_partition=f'"{partition}"',
            slurm_account=f'"{account}"',
            site_shards="4",
            site_gpu_model='"a100"',
            site_scratch=f'"{copy.root}/scratch/$SLURM_JOB_ID"',
            mem_mb="500",
            runtime="5",
        )
        command = [
            *(sys.executable, "-m", "snakemake", "--configfile", f"config/{copy.study}.yaml"),
            *("--workflow-profile", "profiles/slurm"),
            *("--slurm-init-seconds-before-status-checks", "1"),
            *arguments,
        ]
        output = tmp_path / f"output-{len(running)}.txt"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                command,
                cwd=copy.root,
                # a state is saved after every step: a SIGKILL loses one at most
                env={**copy.environment, **cluster.env, "HEMBENCH_STATE_SECONDS": "0"},
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running.append(process)
        return _helpers(project).Running(process, output)

    yield submit
    for process in running:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    cluster("scancel", "--full", "--user", getpass.getuser(), check=False)
