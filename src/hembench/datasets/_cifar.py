"""CIFAR's binary layout: records of one or two label bytes and 3,072 pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hembench.core.errors import DataError

IMAGE_SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32


def records(content: bytes, label_bytes: int, of: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels of a file: uint8 (N, 3, 32, 32) and int64 (N,).

    Args:
        content: records of ``label_bytes`` labels (the last is the class, the others coarser ones), then 1,024
            red, 1,024 green and 1,024 blue values, row by row.
        label_bytes: 1 for CIFAR10, 2 for CIFAR100.
        of: what the file is called in a message.

    Raises:
        DataError: not a whole number of records.
    """
    size = label_bytes + PIXELS
    if not content or len(content) % size:
        raise DataError(f"{of}: {len(content)} bytes are no whole number of records of {size} bytes.")
    table = np.frombuffer(content, dtype=np.uint8).reshape(-1, size)
    images = np.ascontiguousarray(table[:, label_bytes:]).reshape(-1, *IMAGE_SHAPE)
    return images, table[:, label_bytes - 1].astype(np.int64)


def fetch_records(
    folder: Path,
    files: Mapping[str, str],
    archive: tuple[str, str],
    mirrors: Sequence[str],
    *,
    first: Mapping[str, int] | None = None,
) -> None:
    """Bring files that lie in an official archive: it is downloaded, unpacked, and deleted again.

    An archive that was put into ``folder`` by hand is used and kept. Where no file is missing,
    nothing is downloaded.

    Args:
        folder: where the files belong; its name is the data-set's.
        files: name -> sha256.
        archive: its name and sha256.
        mirrors: addresses that give the archive when its name is appended.
        first: keep only so many bytes from the start of each file, by name; None keeps all.

    Raises:
        DataError: the archive can't be had, is another one or lacks a file; a file is there and is another one.
    """
    from hembench.core.atomic import write_bytes
    from hembench.datasets._archive import members
    from hembench.datasets._download import download
    from hembench.datasets._present import check_present

    path = folder / archive[0]
    by_hand = path.is_file()
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        download(folder, dict([archive]), mirrors)
        for member, content in members(path, count=20, size=200_000_000):
            name = Path(member).name
            if name in missing:
                write_bytes(folder / name, content[: first[name]] if first else content)
        if not by_hand:
            path.unlink()
    sources = [f"part of {mirror}{archive[0]}" for mirror in mirrors]
    check_present(folder, files, dict.fromkeys(files, sources))
