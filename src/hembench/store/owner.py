"""Who holds a lease, and whether that process can still be there."""

from __future__ import annotations

import functools
import os
import re
import socket
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

ENDED = (
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "TIMEOUT",
)
"""States of a SLURM job of which no process is left. COMPLETING is none: its processes may still be ending."""


@dataclass(frozen=True)
class Owner:
    """Who holds a lease.

    Attributes:
        token: random, unique for each taking of a lease.
        host: name of the machine, for messages.
        where: machine, boot and process namespace in which ``pid`` means something.
        pid: process.
        started: its start time in ticks since boot (a pid is used again); "" where the system does not tell.
        job: scheduler job id, "" outside a scheduler.
        restart: how often the scheduler has started that job again.
        cluster: name of the cluster whose job it is.
    """

    token: str
    host: str = "unknown host"
    where: str = ""
    pid: int = 0
    started: str = ""
    job: str = ""
    restart: int = 0
    cluster: str = ""

    def __str__(self) -> str:
        return f"job {self.job} on {self.host}" if self.job else f"process {self.pid} on {self.host}"

    @classmethod
    def this_process(cls, job: str | None = None) -> Owner:
        """Return this process under a new token; ``job`` replaces the scheduler's id (SLURM_JOB_ID)."""
        restart = os.environ.get("SLURM_RESTART_COUNT", "0")
        pid = os.getpid()
        return cls(
            token=uuid.uuid4().hex,
            host=socket.gethostname(),
            where=_where(),
            pid=pid,
            started=_start_time(pid) or "",
            job=job if job is not None else os.environ.get("SLURM_JOB_ID", ""),
            restart=int(restart) if restart.isdigit() else 0,
            cluster=os.environ.get("SLURM_CLUSTER_NAME", ""),
        )

    def is_gone(self) -> bool:
        """Return whether the process is known to have ended; of another machine nothing is known."""
        return self.where == _where() and _start_time(self.pid) not in (self.started, "")

    def shares_job_with(self, other: Owner) -> bool:
        """Return whether both are of one scheduler job: two runs of it, or two processes of one run."""
        return bool(self.job) and (self.job, self.cluster) == (other.job, other.cluster)

    def was_requeued_as(self, other: Owner) -> bool:
        """Return whether ``other`` is a later run of the same scheduler job: then the earlier one has ended."""
        return bool(self.job) and self.job == other.job and self.restart < other.restart

    def has_ended_for(self, other: Owner) -> bool:
        """Return whether the scheduler of ``other``, whose job it is too, says that this owner's job has ended.

        A job that was killed for want of memory leaves its lease, and its next attempt may start on another
        machine before a heartbeat is missed.
        """
        if not self.job or not self.cluster or self.cluster != other.cluster or self.job == other.job:
            return False
        command = ["squeue", "--noheader", "--states=all", "--format=%T", f"--jobs={self.job}"]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        except (OSError, subprocess.SubprocessError):
            return False
        if answer.returncode:
            return "Invalid job id" in answer.stderr  # so long ago that it is forgotten
        states = answer.stdout.split()
        return bool(states) and all(state in ENDED for state in states)


def cluster_here() -> str:
    """Return the name of the SLURM cluster that this machine submits to, "" where there is none."""
    return os.environ.get("SLURM_CLUSTER_NAME") or slurm_here().get("ClusterName", "")


@functools.cache
def slurm_here() -> dict[str, str]:
    """Return how the SLURM here is set up (``scontrol show config``); empty where there is none."""
    try:
        answer = subprocess.run(
            ["scontrol", "show", "config"], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(re.findall(r"^(\w+)\s*= (.*?)\s*$", answer.stdout, flags=re.MULTILINE))


def _where() -> str:
    """Return what a pid is relative to: this boot of this machine and the namespace of a container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()} {boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def _start_time(pid: int) -> str | None:
    """Return a process's start time in ticks since boot; "" if the system does not tell; None if it is gone."""
    if not Path("/proc/self/stat").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            pass
        return ""
    try:
        # The command's name stands in brackets and may hold anything; the state follows, the start is field 22.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
