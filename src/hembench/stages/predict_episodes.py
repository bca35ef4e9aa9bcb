"""predict, of continual learning: what a network says of each episode, before the training and after each episode.

Reads: the training and the data-set's test set. Writes ``predictions.npz``: see ``tasks/continual.py``;
``history.json``, from the training, which may be pruned once its predictions are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.store.content import arrays, json_file, read_json, read_weights

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Predict the test images of every episode with the weights from before the training and after each episode.

    Args:
        inputs: artefacts "network" (the training) and "clean" (the test set); plug-ins "task", "network" and
            "episodes".
        options: see ``tasks.continual.predict``.
    """
    training = inputs.folders["network"]
    data = inputs.plugins["read_set"](inputs.folders["clean"])
    weights = read_weights(training / "weights.safetensors")
    found = inputs.plugins["task"](data["images"], data["labels"], weights, options, inputs.plugins, inputs.device)
    return {
        "predictions.npz": arrays(found),
        "history.json": json_file(read_json(training / "history.json")),
    }
