"""What a manifest records beside the key: with what a result was made, and what that took."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import platform
import resource
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

LIBRARIES = (
    "torch",
    "torchvision",
    "torchattacks",
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "pyarrow",
    "safetensors",
    "matplotlib",
    "snakemake",
)
"""Libraries whose versions are recorded."""

GIT_STATE = "git.json"
"""File of a frozen plan with the commit that its code was copied from."""


def environment(device: str) -> dict[str, Any]:
    """Return with what a result is made: the same on equal machines with equal libraries, at any time.

    Args:
        device: "cpu" or "cuda".

    Returns:
        versions (by library), device, device_name, platform; and, if this process has imported torch (other stages
        have no threads of their own), threads, precision and deterministic, with cuda and cudnn in the versions.
    """
    torch = sys.modules.get("torch")
    facts: dict[str, Any] = {
        "versions": {"python": platform.python_version(), **_versions()},
        "device": device,
        "device_name": _cpu_model(),
        "platform": f"{platform.system()} {platform.machine()}",
    }
    if torch is not None:
        facts["threads"] = torch.get_num_threads()
        facts["precision"] = torch.get_float32_matmul_precision()
        facts["deterministic"] = torch.get_deterministic_debug_mode() > 0
        if device == "cuda":
            facts["device_name"] = torch.cuda.get_device_name()
            facts["versions"] |= {"cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
    return facts


class Meter:
    """Measures a job from its making to :meth:`record`."""

    def __init__(self) -> None:
        self._started = datetime.now(UTC)
        self._wall = time.monotonic()
        self._cpu = _cpu_seconds()
        # A process that makes several results starts each with what it holds, not with the last one's peak.
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")

    def spent(self) -> dict[str, Any]:
        """Return started (UTC), and so far wall_seconds and cpu_seconds (children included); and host and job."""
        return {
            "started": self._started.isoformat(timespec="seconds"),
            "wall_seconds": round(time.monotonic() - self._wall, 3),
            "cpu_seconds": round(_cpu_seconds() - self._cpu, 3),
            "host": socket.gethostname(),
            "job": os.environ.get("SLURM_JOB_ID", ""),
        }

    def record(self, root: Path) -> dict[str, Any]:
        """Return time, memory, place and commit of the job.

        Args:
            root: the project, whose commit is recorded where this code is no frozen copy (which has its own).

        Returns:
            started (UTC), wall_seconds, cpu_seconds (children included), peak_memory_bytes, host, pid, job (the
            scheduler's, or ""), git ({"commit", "dirty"}, or None), and on a GPU peak_gpu_memory_bytes.
        """
        torch = sys.modules.get("torch")
        record: dict[str, Any] = {
            **self.spent(),
            "peak_memory_bytes": peak_memory(),
            "pid": os.getpid(),
            "git": _commit(root),
        }
        if torch is not None and torch.cuda.is_initialized():
            record["peak_gpu_memory_bytes"] = torch.cuda.max_memory_allocated()
        return record


def peak_memory() -> int:
    """Return the peak resident memory of this process in bytes (VmHWM: getrusage inherits the parent's)."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def git_state(root: Path) -> dict[str, Any] | None:
    """Return {"commit", "dirty"} of a checkout (untracked files are not dirt), None without git or a commit."""
    command = ["git", "-C", str(root), "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        # No optional locks: a status that refreshes the index would disturb the user's own git.
        environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=True, env=environ
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    lines = answer.splitlines()
    commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid ")), "(initial)")
    if commit == "(initial)":
        return None
    return {"commit": commit, "dirty": any(not line.startswith("#") for line in lines)}


@functools.cache
def _commit(root: Path) -> dict[str, Any] | None:
    """Return the commit of the code that runs: a frozen copy's own, else the project's."""
    frozen = Path(__file__).resolve().parents[3] / GIT_STATE
    if frozen.is_file():
        state: dict[str, Any] | None = json.loads(frozen.read_bytes())
        return state
    return git_state(root)


@functools.cache
def _versions() -> dict[str, str]:
    versions = {}
    for library in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[library] = metadata.version(library)
    return versions


@functools.cache
def _cpu_model() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
