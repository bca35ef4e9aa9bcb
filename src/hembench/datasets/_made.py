"""Made pictures for trials: whole numbers alone decide them, so that every machine makes the same bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from tarfile import TarFile, TarInfo

import numpy as np
from PIL import Image

SLOPES = ((1, 0), (0, 1), (1, 1), (2, -1), (-1, 3))
"""How fast the stripes of each kind change along rows and columns."""


def made_picture(kind: int, number: int, width: int, height: int) -> bytes:
    """Return a picture of a kind as an uncompressed bitmap: stripes in its kind's direction.

    Args:
        kind: from 0 to 4.
        number: of the picture; pictures of numbers below 256 differ.
        width: in pixels.
        height: in pixels.
    """
    down, right = SLOPES[kind]
    rows, columns = np.mgrid[0:height, 0:width]
    stripes = (down * rows + right * columns) * 8 + 67 * number
    grain = (rows * 31 + columns * 57 + number * 101) * 7 % 16
    planes = [(stripes + 50 * colour * (kind + 1) + grain) % 256 for colour in range(3)]
    content = io.BytesIO()
    Image.fromarray(np.stack(planes, axis=2).astype(np.uint8)).save(content, "BMP")
    return content.getvalue()


def made_tar(contents: Mapping[str, bytes]) -> bytes:
    """Return an uncompressed tar of files without times or owners."""
    stream = io.BytesIO()
    with TarFile(fileobj=stream, mode="w") as archive:
        for name, content in contents.items():
            member = TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()
