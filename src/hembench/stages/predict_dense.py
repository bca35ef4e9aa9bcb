"""predict, of segmentation: one cell. What a network says of the test set, image by image.

Reads: the training and the test set. Writes ``predictions.npz``: confusion int64 (N, C, C), [image, label,
predicted], without ignored pixels, and where the pictures are small enough, predicted uint8 (N, H, W);
``history.json``, from the training, which may be pruned once its predictions are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hembench.engine.state import from_bytes, to_bytes
from hembench.store.content import arrays, json_file, read_json, read_weights

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Predict every image; a job that was stopped goes on with the batch after the last one that it saved.

    Args:
        inputs: artefacts "network" (the training) and "clean" (the test set); plug-ins "read_set", "task" and
            "network".
        options: see ``tasks.segmentation.predict``; "keep_predicted": whether the predicted classes are kept.
    """
    training = inputs.folders["network"]
    images = inputs.plugins["read_set"](inputs.folders["clean"])["images"]
    saved = inputs.state.load()
    found: dict[str, list[np.ndarray]] = {"confusion": [], "predicted": []}
    if saved is not None:
        found = {name: [part.numpy()] if part.numel() else [] for name, part in from_bytes(saved).items()}
    done = sum(map(len, found["confusion"]))
    weights = read_weights(training / "weights.safetensors")
    batches = inputs.plugins["task"](images, done, weights, options, inputs.plugins["network"], inputs.device)
    for predicted, confusion in batches:
        found["confusion"].append(confusion)
        if options["keep_predicted"]:
            found["predicted"].append(predicted)
        done += len(confusion)
        inputs.progress(done / len(images), f"image {done} of {len(images)}")
        if inputs.state.due():
            tensors = {name: torch.from_numpy(_joined(parts)) for name, parts in found.items()}
            inputs.state.save(to_bytes(tensors), f"image {done}")
    kept = {name: _joined(parts) for name, parts in found.items() if parts}
    return {
        "predictions.npz": arrays(kept),
        "history.json": json_file(read_json(training / "history.json")),
    }


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint8)
