"""Omniglot's archives: one PNG of 105x105 pixels for each drawing, in folders by alphabet and character."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from hembench.core.errors import DataError
from hembench.datasets._archive import members

LARGEST = 40_000
"""Members of an archive: more than Omniglot has drawings altogether."""

BYTES = 100_000_000


def drawings_of(archives: Sequence[Path]) -> tuple[np.ndarray, np.ndarray]:
    """Return the drawings of archives, each once: uint8 (N, 1, 105, 105), 0 is ink and 255 paper, and int64 (N,).

    Sorted by alphabet, character and file; a label is the place of its character in that order.

    Raises:
        DataError: an archive is damaged, or holds something else than drawings.
    """
    drawings: dict[tuple[str, str, str], np.ndarray] = {}
    for path in archives:
        drawings |= _drawings(path)
    order = sorted(drawings)
    characters = {character: number for number, character in enumerate(sorted({key[:2] for key in order}))}
    images = np.stack([drawings[key] for key in order])[:, np.newaxis]
    return images, np.array([characters[key[:2]] for key in order], dtype=np.int64)


def _drawings(path: Path) -> dict[tuple[str, str, str], np.ndarray]:
    """Return the drawings of an archive, uint8 (105, 105), by (alphabet, character, file); nothing is unpacked.

    The folder's name at the root (one for each archive) is left out: it would tell the copies apart.
    """
    found = {}
    for member, content in members(path, count=LARGEST, size=BYTES):
        if not member.startswith(f"{path.stem}/") or not member.endswith(".png"):
            continue
        try:
            _, alphabet, character, file = member.split("/")
            with Image.open(io.BytesIO(content)) as image:
                found[alphabet, character, file] = np.asarray(image.convert("L"))
        except (ValueError, UnidentifiedImageError) as error:
            raise DataError(f"{path}: {member} is no drawing of a character ({error}).") from None
    if not found:
        raise DataError(f"{path}: no drawings in it.")
    return found
