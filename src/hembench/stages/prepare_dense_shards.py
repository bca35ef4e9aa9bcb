"""prepare: a set with a label for each pixel that fits no memory, out of the raw files, in shards.

Reads: the raw files. Writes ``images-00000.npy``, ...: uint8 (n, C + 1, H, W), the last channel holds the labels;
``set.npz``: shape int64 (4,), per_shard int64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.core.errors import DataError
from hembench.stages._shards import in_shards
from hembench.stages.prepare_dense import joined
from hembench.stages.prepare_shards import shard_order

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Read one set with the data-set's reader, piece by piece, and write it in shards, each picture decoded once.

    Shards of a training set are random samples of it, as those of ``prepare_shards``.

    Args:
        inputs: plug-in "read" (the data-set's ``train`` or ``test``); ``raw`` holds the raw files.
        options: as of ``prepare_dense``, and "images" (how many there are), "per_shard".

    Raises:
        DataError: the raw files are missing, damaged or others, or a picture can't be read: which.
        StoppedError: a signal came; the shard under way was finished.
    """
    images, labels = inputs.plugins["read"](inputs.raw, **options["options"])
    count, channels, height, width = images.shape
    if count != options["images"]:
        raise DataError(
            f"data-set {options['dataset']!r}, {options['set']} set: {count} images, expected {options['images']}."
        )
    order = shard_order(options, count)

    def piece(start: int, stop: int) -> np.ndarray:
        numbers = order[start:stop]
        return joined(np.asarray(images[numbers]), np.asarray(labels[numbers]), options)

    return in_shards(piece, (count, channels + 1, height, width), {}, options["per_shard"], inputs)
