"""Python's collector of cycles, off for a while."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Do not look for cyclic garbage inside the block, which makes many objects that stay.

    A plan is some hundred thousand dicts and lists without a cycle. The collector would go through all that are
    there again and again while more are made, and free nothing.
    """
    if not gc.isenabled():  # the caller's wish, or a block around this one
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
