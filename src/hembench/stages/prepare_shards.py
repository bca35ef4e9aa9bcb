"""prepare: a training or test set that fits no memory, out of the raw files, in shards.

Reads: the raw files. Writes ``images-00000.npy``, ...: uint8 (n, C, H, W), and ``set.npz``: labels int64 (N,),
counts int64 (classes,), shape int64 (4,), per_shard int64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.core.errors import DataError
from hembench.core.streams import numpy_stream
from hembench.stages._shards import in_shards
from hembench.stages.prepare import check

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Read one set with the data-set's reader, piece by piece, and write it in shards.

    Each shard of a training set is a random sample of it, so that an epoch, which takes a few shards at a time
    (``engine.samples``), sees all classes at any time. A test set keeps its order, which others refer to.

    Args:
        inputs: plug-in "read" (the data-set's ``train`` or ``test``); ``raw`` holds the raw files.
        options: "dataset", "set" ("train" or "test"), "options" of the reader, "num_classes", "images" (how many
            there are), "per_shard".

    Raises:
        DataError: the raw files are missing, damaged or others; there are other images or classes than there
            should be; an image can't be read: which.
        StoppedError: a signal came; the shard under way was finished.
    """
    images, labels = inputs.plugins["read"](inputs.raw, **options["options"])
    of = f"data-set {options['dataset']!r}, {options['set']} set"
    check(images, labels, options["num_classes"], of)
    counts = np.bincount(labels, minlength=options["num_classes"]).astype(np.int64)
    if len(images) != options["images"] or not counts.all():
        without = f"; classes without any: {np.flatnonzero(counts == 0).tolist()}" if not counts.all() else ""
        raise DataError(f"{of}: {len(images)} images, expected {options['images']}{without}.")
    order = shard_order(options, len(images))
    rest = {"labels": labels[order], "counts": counts}
    return in_shards(
        lambda start, stop: images[order[start:stop]], images.shape, rest, options["per_shard"], inputs
    )


def shard_order(options: dict[str, Any], count: int) -> np.ndarray:
    """Return the images' order in the shards, int64 (count,): in each shard forward, as the raw files are read."""
    if options["set"] != "train":
        return np.arange(count)
    order = numpy_stream(options["dataset"], "shards").permutation(count)
    starts = range(0, count, options["per_shard"])
    return np.concatenate([np.sort(order[start : start + options["per_shard"]]) for start in starts])
