"""The lease: one builder per key. It saves work; correctness rests on atomic publish.

``<key>/lease`` names its owner and is touched every few seconds. A lease is dead when it was not touched for
minutes, when its process is gone (asked on the machine that it runs on), or when its scheduler job was started
again. A dead lease is taken over, and one's own released, under a second file made exclusively,
``<key>/takeover-<token>-<n>``, after reading the owner again. The second file is named after the owner that it
ends, so that a late comer cannot end the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from hembench.core.errors import LeaseHeldError
from hembench.store.artefact import remove_staging
from hembench.store.owner import Owner

LEASE = "lease"
BEAT = 20.0
"""Seconds between two heartbeats."""
DEAD_AFTER = 240.0
"""Seconds without a heartbeat after which an owner is dead: twelve missed ones, so not a file server's hiccup."""


class Lease:
    """A lease that we hold, kept alive by a thread until it is released or lost."""

    def __init__(self, folder: Path, owner: Owner, beat: float) -> None:
        self.folder = folder
        self.owner = owner
        self._lost = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, args=(beat,), daemon=True, name="hembench lease")
        self._thread.start()

    def mine(self) -> bool:
        """Return whether the lease is still ours; ask before publishing."""
        found = read_owner(self.folder)
        if found is None or found.token != self.owner.token:
            self._lost = True
        return not self._lost

    def _keep_alive(self, beat: float) -> None:
        while not self._stop.wait(beat):
            # A heartbeat that the file server refuses is tried again; only a foreign owner ends it.
            with contextlib.suppress(OSError):
                if not self.mine():
                    return
                os.utime(self.folder / LEASE)

    def release(self) -> None:
        """Stop the heartbeat, and remove the lease if it is still ours."""
        self._stop.set()
        self._thread.join()
        # Nothing is lost if this fails: without a heartbeat and a process the lease is dead.
        with contextlib.suppress(OSError):
            _end(self.folder, self.owner.token, self.owner, lambda: (self.folder / LEASE).unlink(), float("inf"))


@contextlib.contextmanager
def lease(
    folder: Path,
    owner_job: str | None = None,
    *,
    wait: bool,
    wait_for_own_job: bool = False,
    finished: Callable[[], bool],
    tell: Callable[[str], None] | None = None,
    beat: float = BEAT,
    dead_after: float = DEAD_AFTER,
    poll: float = 0.5,
) -> Iterator[Lease | None]:
    """Hold the lease of a key's folder (made if needed), or find the result made by somebody else.

    Args:
        folder: ``<results>/<stage>/<cell>/<key>``.
        owner_job: scheduler job id that others are told; default: SLURM_JOB_ID.
        wait: wait for a living owner until the result is there or the lease is free.
        wait_for_own_job: wait for one of our own scheduler job in any case. A job that its scheduler starts again
            on another machine, under its id, finds its own lease, which has minutes to live: nobody tells it here
            that the machine was lost.
        finished: whether the result is there; asked before waiting and again once the lease is ours.
        tell: called once with the owner's name when a wait begins.
        beat: seconds between heartbeats.
        dead_after: seconds without one after which an owner is dead.
        poll: seconds between two looks while waiting.

    Yields:
        The lease, or None when ``finished()``: then there is nothing to be made.

    Raises:
        LeaseHeldError: somebody else holds it and is not waited for.
    """
    owner = Owner.this_process(owner_job)
    told = False
    while not finished():
        if _take(folder, owner, dead_after):
            held = Lease(folder, owner, beat)
            try:
                # Between our look and our lease somebody may have published and released.
                if finished():
                    break
                _clean(folder, owner.token, dead_after)
                yield held
                return
            finally:
                held.release()
        other = read_owner(folder)
        if other is not None and not (wait or (wait_for_own_job and other.shares_job_with(owner))):
            raise LeaseHeldError(
                f"{folder}: is being built by {other}. When that has ended, the same command takes the result up."
            )
        if other is not None and tell is not None and not told:
            tell(str(other))
            told = True
        if other is not None:
            time.sleep(poll)
    yield None


def read_owner(folder: Path) -> Owner | None:
    """Return who holds the lease, dead or alive; None if it is free."""
    return _read(folder / LEASE)


def last_beat(folder: Path) -> float | None:
    """Return when the lease's owner last touched it, in the file server's time; None if it is free."""
    try:
        return (folder / LEASE).stat().st_mtime
    except FileNotFoundError:
        return None


def living_owner(folder: Path, dead_after: float = DEAD_AFTER) -> Owner | None:
    """Return who holds the lease and is alive; None if it is free or its owner dead."""
    owner = read_owner(folder)
    return None if owner is None or _is_dead(folder / LEASE, owner, dead_after) else owner


def server_time(folder: Path) -> float:
    """Return the time, in seconds, of the file server of ``folder``; this machine's where that is refused.

    Heartbeats are the server's times, and clocks of machines differ.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    probe = folder / f".lease-{uuid.uuid4().hex}"
    try:
        probe.touch()
        return probe.stat().st_mtime
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError:
        return time.time()  # somebody else's or a read-only folder
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()


def _take(folder: Path, owner: Owner, dead_after: float) -> bool:
    """Take the lease if it is free or dead; a folder that vanishes meanwhile (gc) is made by the next try."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if _create(folder / LEASE, owner):
            return True
        other = read_owner(folder)
        if other is None or not _is_dead(folder / LEASE, other, dead_after, owner):
            return False
        return _end(folder, other.token, owner, lambda: _replace(folder / LEASE, owner), dead_after)
    except FileNotFoundError:
        return False


def _end(folder: Path, token: str, owner: Owner, action: Callable[[], None], dead_after: float) -> bool:
    """Do ``action`` to the lease with ``token`` unless somebody else does, or that lease is no longer there.

    Whoever makes ``takeover-<token>-1`` has the right. If it died with it (its file stays), ``-2`` has it, and
    so on.
    """
    number = 1
    while not _create(second := folder / f"takeover-{token}-{number}", owner):
        taker = _read(second)
        # A dead taker's file stays for ever; one that vanished meanwhile belonged to a living one.
        if taker is None or not _is_dead(second, taker, dead_after) or _read(second) != taker:
            return False
        number += 1
    try:
        found = read_owner(folder)
        still_there = found is not None and found.token == token
        if still_there:
            action()
    except BaseException:
        second.unlink(missing_ok=True)
        raise
    # The token is history: late comers that make one of these files again read the owner and leave.
    for used in range(number, 0, -1):
        (folder / f"takeover-{token}-{used}").unlink(missing_ok=True)
    return still_there


def _create(path: Path, owner: Owner) -> bool:
    """Make ``path`` with its whole content, or return False if it exists (a link is exclusive on NFS, too)."""
    temporary = _temporary(path, owner)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _replace(path: Path, owner: Owner) -> None:
    _temporary(path, owner).replace(path)


def _temporary(path: Path, owner: Owner) -> Path:
    temporary = path.with_name(f".lease-{uuid.uuid4().hex}")
    temporary.write_text(json.dumps(asdict(owner)))
    return temporary


def _read(path: Path) -> Owner | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return Owner(**json.loads(content))
    except (ValueError, TypeError):
        # Damaged: its age alone says when it is dead.
        return Owner(token=hashlib.sha256(content).hexdigest()[:16])


def _is_dead(path: Path, owner: Owner, dead_after: float, asker: Owner | None = None) -> bool:
    """Return whether the owner of the file ``path`` is dead; of a file that is gone nothing is known."""
    if owner.is_gone() or (asker is not None and (owner.was_requeued_as(asker) or owner.has_ended_for(asker))):
        return True
    try:
        touched = path.stat().st_mtime
        return server_time(path.parent) - touched > dead_after
    except FileNotFoundError:
        return False


def _clean(folder: Path, token: str, dead_after: float) -> None:
    """Remove what dead builders have left; the lease is ours, with ``token``."""
    remove_staging(folder)
    for left in folder.glob("takeover-*"):
        if not left.name.startswith(f"takeover-{token}-"):
            left.unlink(missing_ok=True)
    now = server_time(folder)
    for left in folder.glob(".lease-*"):
        with contextlib.suppress(FileNotFoundError):
            if now - left.stat().st_mtime > dead_after:
                left.unlink()
