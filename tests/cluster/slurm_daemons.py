"""SLURM's daemons: one controller, two nodes on this machine with made-up CPUs and GPUs; all in one folder."""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

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
        ports = free_ports(1 + len(NODES))
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
                programs.get(name) or [*self.machine(name), "slurmd", "-D", "-N", name],
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def machine(self, name: str) -> list[str]:
        """Return what makes a node a machine of that name to its jobs, which can't see the other's processes then.

        Empty where this machine doesn't allow it: then all jobs see that they run on one.
        """
        try:
            subprocess.run(["unshare", "--uts", "hostname", name], check=True, capture_output=True, timeout=20)
        except (OSError, subprocess.SubprocessError):
            assert not os.environ.get("HEMBENCH_REQUIRE"), "nodes can't have host names of their own here"
            return []
        return ["unshare", "--uts", "sh", "-c", f'hostname {name} && exec "$@"', name]

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

    def processes(self, job: str) -> list[int]:
        """Return what a job of this cluster runs on this machine, SLURM's keepers first."""
        keepers, others = [], []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                line, environ = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
            except OSError:
                continue
            ours = str(self.folder).encode() in environ
            if ours and re.match(rb"slurmstepd: \[%s\." % job.encode(), line):
                keepers.append(int(folder.name))
            elif ours and f"SLURM_JOB_ID={job}\0".encode() in environ:
                others.append(int(folder.name))
        return keepers + others

    def stop(self) -> None:
        if "slurmctld" in self.daemons:
            self("scancel", "--full", "--user", getpass.getuser(), check=False)
            end = time.monotonic() + 20
            while self("squeue", "-h", check=False).strip() and time.monotonic() < end:
                time.sleep(0.2)
        for name in ("slurmctld", *NODES, "munged"):
            if name in self.daemons:
                self.kill(name, signal.SIGTERM)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
