"""A real SLURM cluster on this machine: one controller, two nodes with made-up CPUs and GPUs, one for all tests.

It schedules, kills, preempts and loses nodes as a large one does; it enforces no limit of memory or GPUs. All
of it lies in one temporary folder. It needs the packages munge, slurmctld, slurmd and slurm-client, and no set-up.
"""

from __future__ import annotations

import contextlib
import getpass
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo")
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
NODES = ("n1", "n2")

CONF = """\
ClusterName=hembench
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
ReturnToService=2
PropagateResourceLimits=NONE
DefMemPerCPU=100
MinJobAge=3600
KillWait=10
SlurmdTimeout=10
MessageTimeout=10
EpilogMsgTime=0
GresTypes=gpu,shard
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
{nodes}
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=60 DefaultTime=5 PriorityTier=10
PartitionName=spare Nodes=n1,n2 MaxTime=60 DefaultTime=5 PriorityTier=1 PreemptMode=REQUEUE GraceTime=0
"""
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=16 Boards=1 SocketsPerBoard=1 "
    "CoresPerSocket=16 ThreadsPerCore=1 RealMemory=64000 Gres=gpu:a100:4,shard:16 State=UNKNOWN"
)
GRES = """\
AutoDetect=off
NodeName=n1,n2 Name=gpu Type=a100 File={folder}/gpu[0-3]
NodeName=n1,n2 Name=shard Count=16
"""


class Cluster:
    """The daemons; ``start`` and ``kill`` take "slurmctld" or a node's name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}
        ports = _free_ports(1 + len(NODES))
        host, user = socket.gethostname().split(".")[0], getpass.getuser()
        nodes = [NODE.format(name=name, host=host, port=port) for name, port in zip(NODES, ports[1:], strict=True)]
        self.conf = folder / "slurm.conf"
        self.conf.write_text(
            CONF.format(host=host, user=user, port=ports[0], folder=folder, nodes="\n".join(nodes))
        )
        (folder / "gres.conf").write_text(GRES.format(folder=folder))
        for number in range(4):  # SLURM wants character devices
            (folder / f"gpu{number}").symlink_to("/dev/null")
        (folder / "state").mkdir()
        (folder / "munge.key").write_bytes(os.urandom(1024))
        (folder / "munge.key").chmod(0o600)
        # The executor's job step drops every SLURM_ variable, and with SLURM_CONF where this cluster is.
        srun = folder / "srun"
        srun.write_text(f"#!/bin/sh\nSLURM_CONF='{self.conf}' exec {shutil.which('srun', path=PATH)} \"$@\"\n")
        srun.chmod(0o755)

    @property
    def env(self) -> dict[str, str]:
        return {"SLURM_CONF": str(self.conf), "PATH": f"{self.folder}:{PATH}"}

    def __call__(self, *command: str, check: bool = True) -> str:
        """Run one of SLURM's commands and return what it printed."""
        env = {**os.environ, **self.env}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
        assert not check or done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    def start(self, name: str) -> None:
        programs = {
            "munged": [
                *("munged", "--foreground", "--force", f"--key-file={self.folder}/munge.key"),
                *(f"--socket={self.folder}/munge.sock", f"--pid-file={self.folder}/munged.pid"),
                *(f"--seed-file={self.folder}/munged.seed", f"--log-file={self.folder}/munged.log"),
            ],
            "slurmctld": ["slurmctld", "-D", "-i"],
        }
        with (self.folder / f"{name}.out").open("ab") as log:
            self.daemons[name] = subprocess.Popen(
                programs.get(name, ["slurmd", "-D", "-N", name]),
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        daemon = self.daemons.pop(name)
        daemon.send_signal(number)
        try:
            daemon.wait(timeout=20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def up(self) -> bool:
        states = self("sinfo", "-h", "-N", "-p", "main", "-o", "%T", check=False).split()
        return len(states) == len(NODES) and all(one in ("idle", "mixed", "allocated") for one in states)

    def jobs(self) -> list[str]:
        """Return the ids of all jobs that there ever were."""
        return self("squeue", "-h", "--states=all", "-o", "%i").split()

    def facts(self, job: str) -> dict[str, str]:
        """Return what SLURM knows of a job."""
        words = self("scontrol", "show", "job", "-o", job).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def stop(self) -> None:
        if "slurmctld" in self.daemons:
            self("scancel", "--full", "--user", getpass.getuser(), check=False)
            end = time.monotonic() + 20
            while self("squeue", "-h", check=False).strip() and time.monotonic() < end:
                time.sleep(0.2)
        for name in ("slurmctld", *NODES, "munged"):
            if name in self.daemons:
                self.kill(name, signal.SIGTERM)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 150) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it never happened: {what}"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def wait() -> Callable[..., None]:
    """Return a function that polls a condition until it holds."""
    return wait_for


@pytest.fixture(scope="session")
def free_ports() -> Callable[[int], list[int]]:
    """Return a function that finds so many ports that nobody uses."""
    return _free_ports


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


@pytest.fixture
def submit(project: Path, cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Return a function that starts a controlling Snakemake; whatever is left of it at the end is killed."""
    running: list[subprocess.Popen[bytes]] = []

    def submit(copy: Any, *arguments: str, partition: str = "main", account: str = "") -> Any:
        site = (
            f"slurm_partition={partition}",
            f"slurm_account={account}",
            "site_shards=4",
            "site_gpu_model=a100",
            f"site_scratch={copy.root}/scratch/$SLURM_JOB_ID",
            "mem_mb=500",
            "runtime=5",
        )
        command = [
            *(sys.executable, "-m", "snakemake", "--configfile", f"config/{copy.study}.yaml"),
            *("--workflow-profile", "profiles/slurm"),
            *("--slurm-init-seconds-before-status-checks", "1"),
            *arguments,
            *("--default-resources", *site),
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
