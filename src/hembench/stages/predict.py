"""predict: one cell and evaluation group. Reads weights and prepared sets; writes the logits of every image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hembench.engine.state import from_bytes, to_bytes
from hembench.store.content import arrays, json_file, read_json, read_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from hembench.stages.api import Content, Inputs

    Keep = Callable[[np.ndarray], dict[str, np.ndarray]]

SCHEMA = 2
"""Number of the folder's layout: predictions.npz, history.json (from the training)."""


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Predict every set of the group and keep the logits, float32 (N, num_classes), under the sets' names."""
    return predict_sets(inputs, options, lambda logits: {"": logits})


def predict_sets(inputs: Inputs, options: dict[str, Any], keep: Keep) -> dict[str, Content]:
    """Predict every set of a group.

    Roles: "network" (the training), "clean" (the test set), "ood.<label>", "corruption.<label>". What is kept is
    named "clean", "ood.<label>" and "corruption.<label>.<severity>", with an end that ``keep`` gives; "labels" are
    those of the clean and corrupted images. Of a set with more than ``options["images"]`` images (None: no limit)
    so many are predicted, evenly spread: clean and corrupted ones stay pairs. The history is copied, because the
    training itself may be pruned once its predictions are made.

    Args:
        inputs: of the stage.
        options: of the stage.
        keep: logits, float32 (N, num_classes), of a set -> the arrays that are kept of it, by the end of the name.
    """
    training = inputs.folders["network"]
    state = read_weights(training / "weights.safetensors")
    roles = sorted(role for role in inputs.folders if role != "network")
    saved = inputs.state.load()
    # Sets that an earlier, stopped run has predicted: none knows of another, so the bytes are the same.
    found = _as_arrays(from_bytes(saved)) if saved is not None else {}
    labels: dict[str, Any] = {}
    for number, role in enumerate(roles):
        inputs.progress(number / len(roles), role)
        data = inputs.plugins["read_set"](inputs.folders[role])
        if "labels" in data:
            labels.setdefault("labels", _some(data["labels"], options["images"]))
        for name, images in _named(role, data).items():
            if name in found:
                continue
            some = _some(images, options["images"])
            logits = inputs.plugins["task"](some, state, options, inputs.plugins["network"], inputs.device)
            found[name] = keep(logits)
            if inputs.state.due():
                inputs.state.save(to_bytes(_as_tensors(found)), f"{len(found)} sets predicted")
    kept = {f"{name}{end}": part for name, parts in found.items() for end, part in parts.items()}
    return {
        "predictions.npz": arrays({**kept, **labels}),
        "history.json": json_file(read_json(training / "history.json")),
    }


def _some(rows: Any, count: int | None) -> Any:
    """Return ``count`` of the rows, evenly spread, in their order; all where there are no more."""
    if count is None or len(rows) <= count:
        return rows
    return rows[np.arange(count) * len(rows) // count]


def _as_tensors(found: dict[str, dict[str, np.ndarray]]) -> dict[str, dict[str, torch.Tensor]]:
    return {name: {end: torch.from_numpy(part) for end, part in parts.items()} for name, parts in found.items()}


def _as_arrays(saved: dict[str, dict[str, torch.Tensor]]) -> dict[str, dict[str, np.ndarray]]:
    return {name: {end: part.numpy() for end, part in parts.items()} for name, parts in saved.items()}


def _named(role: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the uint8 image sets (N, C, H, W) of one prepared set by the name of their logits."""
    if not role.startswith("corruption."):
        return {role: data["images"]}
    severities = data["severities"].tolist()
    return {f"{role}.{severity}": data["images"][number] for number, severity in enumerate(severities)}
