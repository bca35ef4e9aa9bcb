"""prepare a published corrupted test set that fits no memory: as ``prepare_corruption_published``, in shards.

Reads: the raw files, the clean test set. Writes ``images-00000.npy``, ...: uint8 (n, C, H, W), severity after
severity, and ``set.npz``: labels int64 (N,), severities int64 (S,), shape int64 (5,), per_shard int64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.core.errors import DataError
from hembench.sets.shards import read
from hembench.stages._shards import in_shards

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Read one corruption; it must belong to the test set, image by image.

    Args:
        inputs: artefact "test" (a prepared test set), plug-in "read"; ``raw`` holds the raw files.
        options: "dataset" (the published set), "member" (its corruption), "severities", "per_shard".

    Raises:
        DataError: the raw files are missing, damaged or others, or hold other images than the test set does.
        StoppedError: a signal came; the shard under way was finished.
    """
    test = read(inputs.folders["test"])
    shape, severities = test["images"].shape, options["severities"]
    parts = []
    for severity in severities:
        of = f"corruption set {options['dataset']!r}, {options['member']}, severity {severity}"
        images, labels = inputs.plugins["read"](inputs.raw, options["member"], severity)
        if images.dtype != np.uint8 or images.shape != shape:
            raise DataError(
                f"{of}: images are {images.dtype} {images.shape}, expected uint8 {shape}, those of the test set."
            )
        if not np.array_equal(labels, test["labels"]):
            raise DataError(f"{of}: labels are not those of the test set, in its order.")
        parts.append(images)

    def piece(start: int, stop: int) -> np.ndarray:
        firsts = [number * len(part) for number, part in enumerate(parts)]
        return np.concatenate(
            [part[max(start - at, 0) : max(stop - at, 0)] for at, part in zip(firsts, parts, strict=True)]
        )

    rest = {"labels": test["labels"], "severities": np.array(severities, dtype=np.int64)}
    return in_shards(piece, (len(severities), *shape), rest, options["per_shard"], inputs)
