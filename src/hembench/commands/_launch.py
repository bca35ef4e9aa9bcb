"""Starts the processes that train a cell together: ``hembench run`` in each, by torch's launcher (torchrun's)."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import tempfile
import uuid
from collections.abc import Iterator
from types import FrameType

from hembench.core.errors import HembenchError
from hembench.plan.jobs import Job
from hembench.plan.resources import need
from hembench.stages._device import reserve
from hembench.stages._stopping import SIGNALS

SAVING = 60
"""Seconds that the processes have after a signal to save their state, before they are killed."""

_log = logging.getLogger(__name__)


def launch(job: Job, chain: bool) -> int:
    """Start a job's processes and wait for their end; return their status, or go on in a fresh process.

    Args:
        job: to be made by ``job.processes`` processes.
        chain: become, when it is made, the process that makes what follows it: that one takes a GPU of its own,
            and these ones' are free.

    Raises:
        ConfigError: there are GPUs, but fewer than processes.
        HembenchError: one of the processes was killed.
    """
    before = dict(os.environ)
    words = ["-m", "hembench", "run", job.stage, job.cell, job.key]
    reserve(job.processes, need(job.stage, job.cell).share)
    _log.info("%s %s: starting %d processes", job.stage, job.cell, job.processes)
    status = _run(job, [*words, "--no-chain"])
    if status == 0 and chain:
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *words], before)  # gives the slots back
    return status


def _run(job: Job, command: list[str]) -> int:
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    with tempfile.TemporaryDirectory(prefix="hembench-") as folder, _signals(SignalException):
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=job.processes,
            run_id=uuid.uuid4().hex,
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",  # a free port: two jobs of a machine don't meet
            local_addr="localhost",
            max_restarts=0,
            logs_specs=DefaultLogsSpecs(log_dir=folder),
            signals_to_handle="SIGHUP",  # the others are ours
            shutdown_timeout=SAVING,
        )
        logging.disable()  # the processes say themselves what is wrong; torch's own words would hide theirs
        try:
            elastic_launch(config, sys.executable)(*command)
        except SignalException as error:
            return 128 + error.sigval
        except ChildFailedError as error:
            return _status(job, {rank: failure.exitcode for rank, failure in error.failures.items()})
        finally:
            logging.disable(logging.NOTSET)
    return 0


def _status(job: Job, ended: dict[int, int]) -> int:
    """Return the status of what has failed; it has said why, unless it was killed.

    Raises:
        HembenchError: one of the processes was killed.
    """
    # torch ends the others by SIGTERM, which is no reason
    for rank, status in sorted(ended.items()):
        if status < 0 and status != -signal.SIGTERM:
            raise HembenchError(
                f"{job.stage} {job.cell}: process {rank + 1} of {job.processes} was killed by "
                f"{signal.Signals(-status).name}, perhaps for want of memory. The same command goes on from the "
                "last saved state."
            )
    stopped = [status for status in ended.values() if status > 128]
    failed = [status for status in ended.values() if status > 0]
    return (stopped or failed or [128 + signal.SIGTERM])[0]


@contextlib.contextmanager
def _signals(stopped: type[Exception]) -> Iterator[None]:
    """Raise ``stopped`` at the first signal inside the block, for torch's launcher to hand it on; ignore others.

    SLURM sends two at once, and a launcher that minds the second leaves its processes alone while they save.
    """
    seen: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if not seen:
            seen.append(number)
            raise stopped(f"signal {number}", signal.Signals(number))

    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler not in (signal.SIG_IGN, None):
            signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
