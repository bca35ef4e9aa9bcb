"""evaluate, of continual learning: the numbers of a condition, out of what its networks say of each episode.

Reads: predictions. Writes the frames of ``evaluate.py``: in ``metrics.parquet`` rows of the kind "episodes", of
metrics of the accuracy matrix; no histograms. And ``accuracies.parquet``, the matrix: condition, dataset (the
benchmark), network, recipe, variant, loss, seed, incremental, after (so many episodes; 0: before the training),
episode (from 1), accuracy (a share; NaN: the network diverged), n (images).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.stages._tidy import CELL, HISTOGRAMS, HISTORIES, METRICS, history_of, tidy, value_of
from hembench.store.content import frame, read_arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1

ACCURACIES = [*CELL, "incremental", "after", "episode", "accuracy", "n"]


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Compute the accuracy matrix of each network, and every metric of it.

    Args:
        inputs: artefacts "predict.episodes.<cell>", plug-ins "metric.<name>".
        options: "condition", "dataset", "network", "recipe", "cells" (name -> variant, loss, seed), "incremental"
            ("task": the right class is looked for among those of the image's episode alone), "metrics" (names).
    """
    metrics: list[dict[str, Any]] = []
    histories: list[dict[str, Any]] = []
    accuracies: list[dict[str, Any]] = []
    for cell in sorted(options["cells"]):
        names = {name: options[name] for name in CELL[:4]} | options["cells"][cell]
        folder = inputs.folders[f"predict.episodes.{cell}"]
        table, images = _accuracies(read_arrays(folder / "predictions.npz"), options["incremental"])
        metrics += [{**names, **row} for row in _rows(table, images, inputs.plugins, options["metrics"])]
        histories += [{**names, **row} for row in history_of(folder)]
        accuracies += [{**names, "incremental": options["incremental"], **row} for row in _cells_of(table, images)]
    return {
        "metrics.parquet": frame(tidy(metrics, METRICS, [*CELL, "metric"])),
        "histories.parquet": frame(tidy(histories, HISTORIES, [*CELL, "quantity", "epoch"])),
        "histograms.parquet": frame(tidy([], HISTOGRAMS, CELL)),
        "accuracies.parquet": frame(tidy(accuracies, ACCURACIES, [*CELL, "after", "episode"])),
    }


def _accuracies(predicted: Mapping[str, np.ndarray], incremental: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrix (E + 1, E), row k after k episodes, and the images of each episode, (E,)."""
    episodes = sum(name.startswith("labels.") for name in predicted)
    table = np.full((episodes + 1, episodes), np.nan)
    labels = [predicted[f"labels.episode{number}"] for number in range(1, episodes + 1)]
    for after in range(episodes + 1):
        for number in range(episodes):
            logits = predicted[f"after{after}.episode{number + 1}"]
            if np.isfinite(logits).all():  # a network that diverged is a result; it knows nothing that counts
                classes = predicted[f"classes.episode{number + 1}"]
                said = (
                    logits.argmax(axis=1) if incremental != "task" else classes[logits[:, classes].argmax(axis=1)]
                )
                table[after, number] = np.mean(said == labels[number])
    return table, np.array([len(each) for each in labels], dtype=np.int64)


def _rows(
    table: np.ndarray, images: np.ndarray, plugins: Mapping[str, Callable[..., float]], metrics: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield the numbers of one network; NaN where it diverged."""
    for name in metrics:
        given = {"accuracies": table, "images": images}
        value = value_of(name, plugins[f"metric.{name}"], given) if np.isfinite(table).all() else float("nan")
        yield {
            "kind": "episodes",
            "set": "",
            "severity": 0,
            "score": "",
            "metric": name,
            "value": value,
            "n": int(images.sum()),
        }


def _cells_of(table: np.ndarray, images: np.ndarray) -> Iterator[dict[str, Any]]:
    for (after, number), accuracy in np.ndenumerate(table):
        yield {"after": after, "episode": number + 1, "accuracy": float(accuracy), "n": int(images[number])}
