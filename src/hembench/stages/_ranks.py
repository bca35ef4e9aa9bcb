"""One of several processes that make a result together, as torchrun starts them: who does what, when all stop.

Only the first process takes the lease, keeps the state, says how far it is and publishes. The others wait for its
word, compute with it, and write nothing. How gradients and losses meet is the engine's and the losses' matter.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hembench.core.checkpoint import Checkpoint, Unsaved
from hembench.core.errors import ConfigError, HembenchError, StoppedError, StoreError

if TYPE_CHECKING:
    from torch import Tensor
    from torch._C._distributed_c10d import Store

    from hembench.plan.jobs import Job
    from hembench.stages._stopping import Stop
    from hembench.store.state import State

WORD, TOLD = "hembench/word", "hembench/failed"
"""Keys of torch's store, which all processes of a training see: the first one's word, and why one has failed."""

COMPUTE, NOTHING = "compute", "nothing"


def count(environ: Mapping[str, str] = os.environ) -> int:
    """Return how many processes torchrun has started, this one among them; 1 without torchrun.

    Raises:
        ConfigError: WORLD_SIZE is no whole number above 0.
    """
    given = environ.get("WORLD_SIZE") or "1"
    if not given.isdigit() or int(given) < 1:
        raise ConfigError(
            f"WORLD_SIZE is {given!r}: give the number of processes, or unset it (torchrun sets it)."
        )
    return int(given)


def number(environ: Mapping[str, str] = os.environ) -> int:
    """Return which of them this process is, from 0."""
    return int(environ.get("RANK") or "0") if count(environ) > 1 else 0


def refuse_wrong_number(job: Job) -> None:
    """Refuse to be one of another number of processes than the job's recipe says.

    Raises:
        ConfigError: with the way out.
    """
    there = count()
    if there > 1 and not {"RANK", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys():
        raise ConfigError(f"WORLD_SIZE is {there}, but torchrun has not set it: unset it.")
    if there not in (1, job.processes):
        raise ConfigError(
            f"WORLD_SIZE is {there}: torchrun has started {there} processes for {job.stage} {job.cell}, which "
            f"takes {job.processes} (processes: in its recipe). Start `hembench run` without torchrun, it starts "
            f"what it needs; or give torchrun --nproc-per-node {job.processes}."
        )


def facts(job: Job) -> dict[str, int]:
    """Return what a manifest records of a training by several processes: over so many images each normalised."""
    if job.processes == 1:
        return {}
    return {"processes": job.processes, "images_per_process": job.options["recipe"]["batch_size"] // job.processes}


class Together:
    """This process's place among all; alone it does nothing.

    Attributes:
        count: how many there are.
        number: which one this is, from 0.
        agreed: the signal that all stop for, by common consent, as none can stop at a step of its own; 0: none.
    """

    def __init__(self) -> None:
        self.count, self.number, self.agreed = count(), number(), 0
        self._parent = os.getppid()

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.number == 0

    @property
    def orphaned(self) -> bool:
        """Whether what has started this process is gone: nobody would stop it any more."""
        return self.count > 1 and os.getppid() != self._parent

    def called(self) -> bool:
        """Wait, in a process that is not the first, for the first one's word: whether to compute."""
        store = self._store
        while not store.check([WORD]):
            if self.orphaned:
                return False
            time.sleep(0.1)
        return bool(store.get(WORD).decode() == COMPUTE)

    def dismiss(self) -> None:
        """Let the others go, in the first process: there is nothing to compute, or it is done."""
        if self.count > 1:
            self._store.set(WORD, NOTHING)

    def shared(self, state: State | None, stop: Stop) -> Checkpoint:
        """Return the state as the computation sees it."""
        if state is None:
            return Unsaved()
        return state if self.count == 1 else Shared(state, stop, self)

    def stopped(self, stop: Stop) -> int:
        """Return the number of the signal to stop for, 0 for none: this process's own, or what all agree on."""
        return stop.number if self.count == 1 else self.agreed

    def join(self, device: str) -> None:
        """Become one process group of torch with the others, which follow the first one's call; alone: nothing.

        Args:
            device: "cpu" or "cuda".
        """
        if self.count == 1:
            return
        import torch.distributed as dist

        if self.first:
            self._store.set(WORD, COMPUTE)
        # Few, small tensors of the CPU (who stops when) go by gloo also where a GPU's go by nccl.
        backend = "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo"
        dist.init_process_group(backend, store=self._store, rank=self.number, world_size=self.count)
        # When one fails the launcher ends the others, by a signal: they have their own end to write down first.
        signal.signal(signal.SIGTERM, lambda *_: None)

    @contextlib.contextmanager
    def computing(self) -> Iterator[None]:
        """Leave the process group after the block; say why the block has failed, in all processes.

        Raises:
            StoreError: another process has failed, with what it said.
        """
        if self.count == 1:
            yield
            return
        import torch.distributed as dist

        try:
            yield
        except StoppedError:
            dist.destroy_process_group()
            raise
        except Exception as error:
            if said := self._of_another(error):
                raise StoreError(f"another process of this training {said}") from None
            raise
        dist.destroy_process_group()

    def _of_another(self, error: Exception) -> str:
        """Return what another process has said of its failure, if ``error`` follows from it; else tell of this."""
        text = str(error) if isinstance(error, HembenchError) else f"{type(error).__name__}: {error}"
        said = f"has failed, process {self.number + 1} of {self.count}: {text}"
        lost = "gloo" in text and "onnection" in text
        with contextlib.suppress(Exception):  # the store may be gone, with whoever started us
            if not lost:
                first = self._store.compare_set(TOLD, "", said).decode()
                return "" if first == said else first
            if self._store.check([TOLD]):
                return self._store.get(TOLD).decode()
        return "has ended without a word; the same command goes on from the last saved state." if lost else ""

    @cached_property
    def _store(self) -> Store:
        from torch.distributed.rendezvous import rendezvous

        store: Store = next(rendezvous("env://", self.number, self.count))[0]
        return store


class Shared:
    """The state of a result that several processes compute (``core.checkpoint.Checkpoint``).

    All call its methods together, and get the same answers.
    """

    def __init__(self, state: State, stop: Stop, together: Together) -> None:
        """Take the store's state, the signals that have come to this process, and its place among all."""
        self._state, self._stop, self._together = state, stop, together

    def load(self) -> bytes | None:
        """Return what the first process has read, so that all go on from the same state."""
        import torch
        import torch.distributed as dist

        content = self._state.load() if self._together.first else None
        size = torch.tensor([-1 if content is None else len(content)])
        dist.broadcast(size, 0)
        if int(size) < 0:
            return None
        received = torch.empty(int(size), dtype=torch.uint8) if content is None else _tensor(content)
        dist.broadcast(received, 0)
        return content or received.numpy().tobytes()

    def due(self) -> bool:
        """Return whether the time is over or a signal has come, for any of the processes."""
        import torch
        import torch.distributed as dist

        signalled = self._stop.number or (signal.SIGTERM if self._together.orphaned else 0)
        votes = torch.tensor([signalled, self._state.due()], dtype=torch.int32)
        dist.all_reduce(votes, dist.ReduceOp.MAX)
        self._together.agreed = int(votes[0])
        return bool(votes.any())

    def save(self, content: bytes, place: str) -> None:
        """Keep the first process's ``content``; no process goes on, or ends, before that is done.

        Raises:
            StoppedError: a signal has come to one of them.
        """
        import torch
        import torch.distributed as dist

        try:
            self._state.save(content, place)
        finally:
            dist.all_reduce(torch.zeros(1))

    def part(self, name: str, write: Callable[[Path], None]) -> Callable[[Path], None]:
        """Have the first process write a file of the result; what the others get is not called."""
        return self._state.part(name, write) if self._together.first else write


def _tensor(content: bytes) -> Tensor:
    import torch

    return torch.frombuffer(bytearray(content), dtype=torch.uint8)
