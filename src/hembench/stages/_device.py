"""Which device a process computes on; on a workstation with GPUs, a slot of one, taken by file lock.

A process has one device until it ends: CUDA cannot be moved once it has started. So this is asked before torch is
imported, and GPUs are counted by nvidia-smi, which starts nothing. Processes that train a cell together have a GPU
each: who starts them takes the slots.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import logging
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hembench.core.errors import ConfigError
from hembench.stages import _ranks

VISIBLE = "CUDA_VISIBLE_DEVICES"
SLOTS = "HEMBENCH_SLOTS_PER_GPU"

SCHEDULED = ("SLURM_GPUS_ON_NODE", "SLURM_JOB_GPUS", "SLURM_STEP_GPUS", "SLURM_SHARDS_ON_NODE", VISIBLE)
"""Any of these says that SLURM has given this job a GPU, or a part of one."""

LOOKS = 5
"""How often a lock file is asked for that can't be opened, before that is an error."""

_log = logging.getLogger(__name__)
_taken: list[int] = []
"""Open descriptors of the slot that this process holds; the kernel gives the slot back when it ends, however."""


@functools.cache
def device(share: int = 1) -> str:
    """Return "cuda" or "cpu" for this process; the first call decides, takes a slot, and may wait for one.

    One of several processes gets the GPU of its number among those that are visible.

    Args:
        share: how many such jobs fit on one GPU (``plan.resources``); it takes one of so many slots at most. 0:
            the work needs no GPU, and takes none unless somebody names GPUs for it in CUDA_VISIBLE_DEVICES.

    Raises:
        ConfigError: HEMBENCH_SLOTS_PER_GPU is not a whole number above 0, or there are fewer GPUs than processes.
    """
    # cuBLAS reads it when CUDA starts; without it its sums are not the same twice (engine.determinism).
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    if not may_use_gpu(os.environ):
        _log.info("this job of the cluster asked for no GPU: it uses the CPU")
        return "cpu"
    if not share and VISIBLE not in os.environ:
        _log.info("this needs no GPU: it uses the CPU")
        return "cpu"
    alone = _ranks.count() == 1
    if alone and takes_slots(os.environ) and (gpus := uuids()):
        gpu, descriptor = take(gpus, _fitting(share), slots_folder())
        _taken.append(descriptor)
        os.environ[VISIBLE] = gpu
    elif alone and SLOTS in os.environ and takes_slots(os.environ):
        # torch may find one that nvidia-smi doesn't: all jobs would be on it at once
        _log.info("nvidia-smi finds no GPU, so there are no slots: the CPU is used (%s=0 uses a GPU)", VISIBLE)
        return "cpu"
    import torch

    if torch.cuda.is_available():
        if not alone:
            here = int(os.environ.get("LOCAL_WORLD_SIZE") or _ranks.count())
            refuse_too_few(torch.cuda.device_count(), here)
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        return "cuda"
    _log.info("no GPU: the CPU is used")
    return "cpu"


def may_use_gpu(environ: Mapping[str, str]) -> bool:
    """Tell whether a GPU is ours to use: a job that got none may still see those of its node."""
    return "SLURM_JOB_ID" not in environ or any(environ.get(name) for name in SCHEDULED)


def takes_slots(environ: Mapping[str, str]) -> bool:
    """Tell whether GPUs are shared by slots here: nobody has said which ones to use."""
    return VISIBLE not in environ and "SLURM_JOB_ID" not in environ


def reserve(processes: int, share: int = 1) -> None:
    """Choose the GPUs of the processes that this one is about to start: a slot of one for each, if there are any.

    Slots are this process's, and what it starts sees the GPUs of these slots alone.

    Args:
        processes: how many.
        share: as of :func:`device`.

    Raises:
        ConfigError: there are GPUs, but fewer than processes.
    """
    if not may_use_gpu(os.environ):
        return  # each says itself that it uses the CPU
    if VISIBLE in os.environ:
        named = [name for name in os.environ[VISIBLE].split(",") if name.strip() not in ("", "-1")]
        refuse_too_few(len(named) or processes, processes)
    elif share and takes_slots(os.environ) and (gpus := uuids()):
        refuse_too_few(len(gpus), processes)
        taken = take_several(gpus, processes, _fitting(share), slots_folder())
        _taken.extend(taken.values())
        os.environ[VISIBLE] = ",".join(taken)


def refuse_too_few(gpus: int, processes: int) -> None:
    """Refuse to let several processes share a GPU: their messages could not pass.

    Raises:
        ConfigError: with the way out.
    """
    if gpus < processes:
        raise ConfigError(
            f"{processes} processes train this cell together (processes: in its recipe), each on a GPU of its "
            f"own, and {gpus} can be used here. Give it more GPUs, hide them all (CUDA_VISIBLE_DEVICES= uses the "
            "CPU), or take a recipe with fewer processes: its results have other keys."
        )


def slots_per_gpu(environ: Mapping[str, str]) -> int:
    """Return how many processes share a GPU: HEMBENCH_SLOTS_PER_GPU, default 1.

    Raises:
        ConfigError: it is not a whole number above 0.
    """
    given = environ.get(SLOTS) or "1"
    if not given.isdigit() or int(given) < 1:
        raise ConfigError(f"{SLOTS} is {given!r}: give the number of jobs that share a GPU, 1 or more.")
    return int(given)


def _fitting(share: int) -> int:
    """Return how many slots of a GPU are for jobs of which ``share`` fit on one: the first ones.

    Raises:
        ConfigError: HEMBENCH_SLOTS_PER_GPU is not a whole number above 0.
    """
    return min(slots_per_gpu(os.environ), max(share, 1))


def slots_folder() -> Path:
    """Return the folder of the slots' lock files: on this machine's disk, shared by all with the same TMPDIR."""
    return Path(tempfile.gettempdir()) / "hembench-gpus"


def has_gpus() -> bool:
    """Tell whether there may be GPUs to use: nobody has hidden them, and nvidia-smi finds one."""
    if VISIBLE in os.environ:
        return os.environ[VISIBLE].strip() not in ("", "-1")
    return bool(uuids())


@functools.cache
def uuids() -> tuple[str, ...]:
    """Return the GPUs of this machine by UUID, which unlike numbers mean the same to every program."""
    try:
        answer = subprocess.run(
            ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
    except OSError:  # there is no such program: a machine without GPUs
        return ()
    except subprocess.SubprocessError as error:
        # With a broken driver torch may still find a GPU, which then all jobs share: somebody should know why.
        said = " ".join(str(text).strip() for text in (error.stdout, error.stderr) if text)  # type: ignore[attr-defined]
        _log.warning("no slots of GPUs are given out: %s %s", error, said)
        return ()
    return tuple(line.strip() for line in answer.splitlines() if line.strip().startswith("GPU-"))


def take(
    gpus: Sequence[str], slots: int, folder: Path, *, sleep: Callable[[float], None] = time.sleep
) -> tuple[str, int]:
    """Take a slot, waiting for one if need be: the first slots of all GPUs, then the second ones, and so on.

    Args:
        gpus: their names; at least one.
        slots: on each of them.
        folder: of the lock files; made if needed.
        sleep: waits between two looks.

    Returns:
        The GPU, and the descriptor whose closing (or whose process's end) gives the slot back.
    """
    told = False
    while True:
        for number in range(slots):
            for gpu in gpus:
                if (descriptor := _lock(folder / f"{gpu}-{number}")) is not None:
                    _log.info("GPU %s, slot %d of %d", gpu, number + 1, slots)
                    return gpu, descriptor
        if not told:
            _log.info("waiting for a GPU: all slots of %d x %d are taken", len(gpus), slots)
            told = True
        sleep(1.0)


def take_several(
    gpus: Sequence[str], count: int, slots: int, folder: Path, *, sleep: Callable[[float], None] = time.sleep
) -> dict[str, int]:
    """Take slots of ``count`` different GPUs, waiting if need be, and return their descriptors by GPU.

    Only one process at a time collects slots, so that no two hold what the other one waits for.
    """
    taken: dict[str, int] = {}
    told = False
    while (turn := _lock(folder / "several")) is None:
        sleep(1.0)
    while True:
        for number in range(slots):
            for gpu in gpus:
                wanted = len(taken) < count and gpu not in taken
                if wanted and (descriptor := _lock(folder / f"{gpu}-{number}")) is not None:
                    taken[gpu] = descriptor
        if len(taken) == count:
            os.close(turn)
            _log.info("GPUs %s", ", ".join(taken))
            return taken
        if not told:
            _log.info("waiting for %d GPUs: %d have a free slot", count, len(taken))
            told = True
        sleep(1.0)


def _lock(path: Path) -> int | None:
    """Return the descriptor of a lock file that is ours now, None if somebody else holds it.

    Raises:
        ConfigError: the file can't be made or opened; names TMPDIR.
    """
    for left in reversed(range(LOOKS)):
        try:
            descriptor = _opened(path)
            break
        except OSError as error:
            if not left:
                raise ConfigError(
                    f"slots of GPUs: {path} can't be made or opened ({error.strerror}). If somebody else has made "
                    "it for themselves alone, let them remove it while no job is on a GPU, or give all who share "
                    "these GPUs another TMPDIR. CUDA_VISIBLE_DEVICES=N takes GPU N without asking for a slot."
                ) from None
            time.sleep(0.05)  # whoever is making it opens it to us in a moment
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _opened(path: Path) -> int:
    """Open a lock file, made if needed, so that other users can open it, too, whatever our umask."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):  # only the owner may
        path.parent.chmod(0o777)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except PermissionError:  # /tmp may forbid to "create" what another user has
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with contextlib.suppress(OSError):  # only the owner may
        os.fchmod(descriptor, 0o666)
    return descriptor
