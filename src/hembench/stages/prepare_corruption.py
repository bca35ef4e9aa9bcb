"""prepare a corrupted test set: every test image at every severity.

Reads: the test set. Writes ``set.npz``: images uint8 (S, N, C, H, W), labels int64 (N,), severities int64 (S,).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.core.errors import DataError
from hembench.core.streams import numpy_stream
from hembench.store.content import arrays, read_arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Corrupt the test set; each severity has a random stream of its own, so a longer list changes no image.

    Args:
        inputs: artefact "test" (a prepared test set), plug-in "corrupt".
        options: "dataset", "corruption" (name and options), "severities".

    Raises:
        DataError: the corruption gives another shape or dtype.
        InputError: the corruption has no such severity.
    """
    test = read_arrays(inputs.folders["test"] / "set.npz")
    name, severities = options["corruption"]["name"], options["severities"]
    made = []
    for done, severity in enumerate(severities):
        inputs.progress(done / len(severities), f"{name}, severity {severity}")
        rng = numpy_stream(options["dataset"], "corruption", name, severity)
        images = inputs.plugins["corrupt"](test["images"], severity, rng, **options["corruption"]["options"])
        if images.dtype != np.uint8 or images.shape != test["images"].shape:
            raise DataError(
                f"corruption {name!r}, severity {severity}: made {images.dtype} {images.shape}, "
                f"expected uint8 {test['images'].shape}."
            )
        made.append(images)
    numbers = np.array(severities, dtype=np.int64)
    return {"set.npz": arrays(images=np.stack(made), labels=test["labels"], severities=numbers)}
