"""predict: one cell and evaluation group. Reads weights and prepared sets; writes the logits of every image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hembench.core.streams import numpy_stream
from hembench.engine.state import from_bytes, to_bytes
from hembench.store.content import arrays, json_file, read_json, read_set, read_weights

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 2
"""Number of the folder's layout: predictions.npz, history.json (from the training)."""


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Predict every set of the group.

    Roles: "network" (the training), "clean" (the test set), "ood.<label>", "corruption.<label>". The logits,
    float32 (N, num_classes), are named "clean", "ood.<label>" and "corruption.<label>.<severity>"; "labels" are
    those of the clean and corrupted images. Of a set with more than ``options["images"]`` images (None: no limit)
    so many are predicted, which ones depending on its size alone: clean and corrupted ones stay pairs. The history
    is copied, because the training itself may be pruned once its predictions are made.
    """
    training = inputs.folders["network"]
    state = read_weights(training / "weights.safetensors")
    roles = sorted(role for role in inputs.folders if role != "network")
    saved = inputs.state.load()
    # Sets that an earlier, stopped run has predicted: none knows of another, so the bytes are the same.
    found = {name: part.numpy() for name, part in from_bytes(saved).items()} if saved is not None else {}
    labels: dict[str, Any] = {}
    for number, role in enumerate(roles):
        inputs.progress(number / len(roles), role)
        data = read_set(inputs.folders[role])
        if "labels" in data:
            labels.setdefault("labels", _some(data["labels"], options["images"]))
        for name, images in _named(role, data).items():
            if name in found:
                continue
            some = _some(images, options["images"])
            found[name] = inputs.plugins["task"](some, state, options, inputs.plugins["network"], inputs.device)
            if inputs.state.due():
                content = to_bytes({done: torch.from_numpy(part) for done, part in found.items()})
                inputs.state.save(content, f"{len(found)} sets predicted")
    return {
        "predictions.npz": arrays({**found, **labels}),
        "history.json": json_file(read_json(training / "history.json")),
    }


def _some(rows: Any, count: int | None) -> Any:
    """Return ``count`` of the rows, in their order; all where there are no more."""
    if count is None or len(rows) <= count:
        return rows
    return rows[np.sort(numpy_stream("predicted subset", len(rows)).permutation(len(rows))[:count])]


def _named(role: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the uint8 image sets (N, C, H, W) of one prepared set by the name of their logits."""
    if not role.startswith("corruption."):
        return {role: data["images"]}
    severities = data["severities"].tolist()
    return {f"{role}.{severity}": data["images"][number] for number, severity in enumerate(severities)}
