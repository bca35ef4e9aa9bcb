"""train, of segmentation: one cell. Reads a prepared training set and, where the loss or the network begins with
them, class counts and an encoder's weights; writes its weights and the history of its epochs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.store.content import json_file, read_arrays, read_weights, weights

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1
"""Number of the folder's layout: that of train."""


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Train the network of ``options`` on the set of the role "train".

    Args:
        inputs: artefacts "train" and, if they are wanted, "counts" and "encoder"; plug-ins "read_set", "task" and
            those that the task builds with.
        options: see ``tasks.segmentation.train``.
    """
    folders = inputs.folders
    counts = read_arrays(folders["counts"] / "counts.npz")["counts"] if "counts" in folders else None
    encoder = read_weights(folders["encoder"] / "encoder.safetensors") if "encoder" in folders else None
    state, history = inputs.plugins["task"](
        inputs.plugins["read_set"](folders["train"])["images"],
        counts,
        encoder,
        options,
        inputs.plugins,
        inputs.device,
        inputs.progress,
        inputs.state,
    )
    return {"weights.safetensors": weights(state), "history.json": json_file(history)}
