"""The idx format of MNIST and its kin: a big-endian header, then uint8 values, compressed with gzip."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from hembench.core.errors import DataError

UINT8 = 8
"""Code of the only element type that these data-sets use."""


def read_idx(path: Path) -> np.ndarray:
    """Return the uint8 array of an idx file: header ``00 00 08 ndim``, ``ndim`` sizes as uint32, then the values.

    Raises:
        DataError: not gzip, not idx of uint8, or another number of values than the header says.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: not a whole gzip file ({error}). Delete it and get it again.") from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UINT8:
        raise DataError(f"{path}: not an idx file of bytes (it starts with {content[:4].hex(' ')}).")
    ndim = content[3]
    start = 4 + 4 * ndim
    sizes = tuple(int(size) for size in np.frombuffer(content[4:start], dtype=">u4"))
    if len(sizes) != ndim or len(content) - start != math.prod(sizes):
        raise DataError(f"{path}: {len(content) - start} values, its header says {' x '.join(map(str, sizes))}.")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(sizes).copy()
