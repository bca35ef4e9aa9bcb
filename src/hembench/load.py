"""A trained network for a notebook: ``from hembench.load import network; network("digits-mlp_small-hem-s0")``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hembench.commands._study import load
from hembench.core import plugins
from hembench.core.errors import StoreError
from hembench.store import artefact
from hembench.store.content import read_weights

if TYPE_CHECKING:
    from torch import nn


def network(cell: str, study: str = "demo") -> nn.Module:
    """Return the trained network of a cell, in evaluation mode, on the CPU.

    It takes images, float32 (N, C, H, W) in [0, 1], and returns logits, float32 (N, classes), of segmentation
    (N, classes, H, W). One that learnt in episodes is given as it was after the last one.

    Args:
        cell: name of the cell, such as ``digits-mlp_small-hem-s0``.
        study: name or path of the study that it belongs to.

    Raises:
        ConfigError: no such study or cell.
        StoreError: it is not trained yet, or its files are damaged.
    """
    loaded = load(study)
    job = loaded.plan.find("train", cell)
    folder = loaded.results / job.path
    if not artefact.is_done(folder):
        marker = folder / artefact.MARKER
        target = marker.relative_to(loaded.root) if marker.is_relative_to(loaded.root) else marker
        raise StoreError(
            f"{cell} of study {study!r} is not trained yet, or was pruned. In {loaded.root}, "
            f"`{loaded.command(str(target))}` makes it."
        )
    artefact.verified(folder)
    from hembench.engine.inference import restore  # it imports torch, which no message above needs

    build = plugins.load("networks", job.options["network"]["name"]).build
    weights = read_weights(folder / "weights.safetensors")
    if "normalise" in job.options:
        from hembench.tasks._normalised import normalised

        build = normalised(job.options, build)
    if job.options["task"] == "continual":
        from hembench.tasks.continual import weights_after

        weights = weights_after(None, weights)
    return restore(weights, job.options, build, "cpu")
