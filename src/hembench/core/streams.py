"""Random streams: every draw comes from named parts, never from a global state and never from the loss.

Parts are (condition, seed, purpose, position) for training, (data-set, set) for made images and
(condition, seed, attack, shard) for attacks, so that losses are compared in pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hembench.core.digest import digest

if TYPE_CHECKING:
    import numpy as np


def seed_of(*parts: str | int) -> int:
    """Return a seed in [0, 2**63) that depends on ``parts``, their types and their order alone."""
    return int(digest(list(parts))[:16], 16) >> 1


def numpy_stream(*parts: str | int) -> np.random.Generator:
    """Return numpy's PCG64 generator, started from :func:`seed_of` of ``parts``."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(seed_of(*parts)))
