"""prepare a published corrupted test set, out of its raw files: the same layout as one that is made here.

Reads: the raw files, the clean test set. Writes ``set.npz``: images uint8 (S, N, C, H, W), labels int64 (N,),
severities int64 (S,).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.core.errors import DataError
from hembench.store.content import arrays, read_arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Read one corruption; it must belong to the test set, image by image.

    Args:
        inputs: artefact "test" (a prepared test set), plug-in "read"; ``raw`` holds the raw files.
        options: "dataset" (the published set), "member" (its corruption), "severities".

    Raises:
        DataError: the raw files are missing, damaged or others, or hold other images than the test set does.
    """
    test = read_arrays(inputs.folders["test"] / "set.npz")
    of = f"corruption set {options['dataset']!r}, {options['member']}"
    made = []
    for severity in options["severities"]:
        images, labels = inputs.plugins["read"](inputs.raw, options["member"], severity)
        if images.dtype != np.uint8 or images.shape != test["images"].shape:
            raise DataError(
                f"{of}, severity {severity}: images are {images.dtype} {images.shape}, expected uint8 "
                f"{test['images'].shape}, those of the test set."
            )
        if not np.array_equal(labels, test["labels"]):
            raise DataError(f"{of}, severity {severity}: labels are not those of the test set, in its order.")
        made.append(images)
    numbers = np.array(options["severities"], dtype=np.int64)
    return {"set.npz": arrays(images=np.stack(made), labels=test["labels"], severities=numbers)}
