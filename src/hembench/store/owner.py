"""Who holds a lease, and whether that process can still be there."""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path


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
    """

    token: str
    host: str = "unknown host"
    where: str = ""
    pid: int = 0
    started: str = ""
    job: str = ""
    restart: int = 0

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
        )

    def is_gone(self) -> bool:
        """Return whether the process is known to have ended; of another machine nothing is known."""
        return self.where == _where() and _start_time(self.pid) not in (self.started, "")

    def was_requeued_as(self, other: Owner) -> bool:
        """Return whether ``other`` is a later run of the same scheduler job: then the earlier one has ended."""
        return bool(self.job) and self.job == other.job and self.restart < other.restart


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
