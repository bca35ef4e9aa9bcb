"""prepare a natural OOD set of another data-set that fits no memory: as ``prepare_ood_natural``, in shards.

Reads: that data-set's test set. Writes ``images-00000.npy``, ...: uint8 (n, C, H, W), and ``set.npz``: shape int64
(4,), per_shard int64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.sets.shards import read
from hembench.stages._shards import in_shards
from hembench.stages.prepare_ood_natural import adapt

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Adapt the images; nothing is random, and every image is used.

    Args:
        inputs: artefact "natural" (the prepared test set of the other data-set).
        options: as those of ``prepare_ood_natural``, and "per_shard".

    Raises:
        DataError: the images have neither one nor three channels, or the networks do not.
        StoppedError: a signal came; the shard under way was finished.
    """
    images = read(inputs.folders["natural"])["images"]
    channels, height, width = options["image_shape"]
    return in_shards(
        lambda start, stop: adapt(images[start:stop], (channels, height, width), **options["ood"]["options"]),
        (len(images), channels, height, width),
        {},
        options["per_shard"],
        inputs,
    )
