"""ImageNet's archives: photographs of a part, read where they lie and decoded when asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hembench.core.errors import DataError
from hembench.datasets._pictures import Pictures
from hembench.datasets._tar import Place, places

Named = list[tuple[str, Place]]


def kinds_in(path: Path) -> tuple[Named, list[int]]:
    """Return the photographs of an archive that holds one archive for each kind, <kind>.tar, and their labels.

    In the order of the archive; a label is the place of its kind in the alphabet.

    Raises:
        DataError: not a whole archive of archives.
    """
    kinds: list[str] = []
    found: list[Named] = []
    for kind, inside in places(path):
        kinds.append(kind.removesuffix(".tar"))
        found.append([(f"{kind}: {file}", place) for file, place in places(path, inside.offset)])
    order = sorted(kinds)
    labels = [order.index(kind) for kind, files in zip(kinds, found, strict=True) for _ in files]
    return [named for files in found for named in files], labels


def pictures_of(
    named: Named, labels: list[int], *, size: int, num_classes: int, side: int, short: int, of: str
) -> tuple[Pictures, np.ndarray]:
    """Return the images, kind by kind, read when asked for, and labels: uint8 (N, 3, side, side) and int64 (N,).

    Args:
        named: photographs, in their order inside a kind.
        labels: their labels.
        size: the promised N.
        num_classes: number of kinds, each of which must occur.
        side: of the images.
        short: what the short side is resized to before the centre is cut out.
        of: what the set is called in a message.

    Raises:
        DataError: there are other photographs than promised.
    """
    if len(named) != size or len(labels) != len(named) or set(labels) != set(range(num_classes)):
        raise DataError(
            f"{of}: {len(named)} photographs and {len(labels)} labels of {len(set(labels))} kinds, expected "
            f"{size} of {num_classes}."
        )
    order = np.argsort(labels, kind="stable")
    found = [named[number][1] for number in order]
    names = [f"{named[number][1].archive}: {named[number][0]}" for number in order]
    pictures = Pictures(lambda number: found[number].read(), names, side, short)
    return pictures, np.array(labels, dtype=np.int64)[order]
