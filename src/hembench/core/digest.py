"""Digests of values and files. One canonical form, so equal values have equal digests everywhere."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

KEY_LENGTH = 12
"""Hexadecimal digits of a key that name its folder (48 bits: a collision among a million results: p < 0.002)."""


def canonical(value: Any) -> str:
    """Return ``value`` as JSON with sorted keys and no spaces; NaN and infinity are refused (ValueError)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(value: Any) -> str:
    """Return the sha256 (hexadecimal) of the canonical form of a JSON-able ``value``."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def short(value: Any) -> str:
    """Return the first ``KEY_LENGTH`` digits of :func:`digest`."""
    return digest(value)[:KEY_LENGTH]


def file_sha256(path: Path) -> str:
    """Return the sha256 (hexadecimal) of a file's bytes, read in chunks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
