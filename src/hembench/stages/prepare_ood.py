"""prepare an OOD set: images of no known class, made once for a data-set, so that every network sees the same.

Reads: the test set. Writes ``set.npz``: images uint8 (count, C, H, W).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.core.errors import DataError
from hembench.core.streams import numpy_stream
from hembench.store.content import arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Make the set with its own random stream, which depends on the data-set and the generator's name alone.

    Args:
        inputs: artefact "test" (a prepared test set), plug-in "generate".
        options: "dataset", "ood" (name and options of the generator), "images" (how many).

    Raises:
        DataError: the generator gives another shape or dtype.
    """
    test = inputs.plugins["read_set"](inputs.folders["test"])["images"]
    name, count = options["ood"]["name"], options["images"]
    rng = numpy_stream(options["dataset"], "ood", name)
    images = inputs.plugins["generate"](test, count, rng, **options["ood"]["options"])
    expected = (count, *test.shape[1:])
    if images.dtype != np.uint8 or images.shape != expected:
        raise DataError(f"OOD set {name!r}: made {images.dtype} {images.shape}, expected uint8 {expected}.")
    return {"set.npz": arrays(images=images)}
