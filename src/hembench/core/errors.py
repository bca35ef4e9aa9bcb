"""Errors meant for the user.

Every message names the file, key or value, says what was expected and what to do. The command line prints
the message alone; anything else is a defect of ours and keeps its traceback.
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable


class HembenchError(Exception):
    """Base of all errors whose message is written for the user."""


class ConfigError(HembenchError):
    """A study, recipe or option is wrong."""


class PluginError(HembenchError):
    """A plug-in is missing, or its file breaks the contract of its kind."""


class DataError(HembenchError):
    """Raw data are missing, damaged or not what their data-set's file names."""


class InputError(HembenchError, ValueError):
    """An argument of a loss, score or metric is out of its domain (shape, range, dtype)."""


class FingerprintError(HembenchError):
    """Followed code uses a construct that the fingerprint cannot resolve."""


class StoreError(HembenchError):
    """An artefact is missing, damaged, or not to be touched."""


class LeaseHeldError(StoreError):
    """Somebody else is making this result."""


class StoppedError(HembenchError):
    """The process was asked to stop by a signal, and did at a safe point.

    Attributes:
        number: of the signal.
    """

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest of ``known``, or an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


_NO_ROOM = "Free some space (`hembench gc` lists results that nothing needs), then give the same command again."
_NO_RIGHT = "Results go elsewhere with `results:` in the study, or the environment variable HEMBENCH_RESULTS."
_WAY_OUT = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EROFS: _NO_RIGHT,
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
}


def of_the_disk(error: OSError) -> str | None:
    """Return a message for the user where a disk is full, or may not be written; None: it is something else.

    Results are published whole or not at all, so neither needs anything put right.
    """
    way_out = _WAY_OUT.get(error.errno or 0)
    return None if way_out is None else f"{error.filename or 'a file'}: {error.strerror}. {way_out}"
