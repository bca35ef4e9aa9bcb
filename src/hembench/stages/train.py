"""train: one cell. Reads a prepared training set; writes its weights and the history of its epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.store.content import json_file, weights

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1
"""Number of the folder's layout: weights.safetensors, history.json ({quantity: [one number per epoch]})."""


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Train the network of ``options`` on the set of the role "train".

    ``history.json`` holds no times, so that equal trainings have equal bytes. A training that was stopped goes on
    from its saved state, to the same bytes.
    """
    data = inputs.plugins["read_set"](inputs.folders["train"])
    state, history = inputs.plugins["task"](
        data["images"],
        data["labels"],
        data["counts"],
        options,
        inputs.plugins,
        inputs.device,
        inputs.progress,
        inputs.state,
    )
    return {"weights.safetensors": weights(state), "history.json": json_file(history)}
