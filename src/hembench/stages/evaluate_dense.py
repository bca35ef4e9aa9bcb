"""evaluate, of segmentation: the numbers of a condition, out of the confusion matrix of every image.

Reads: predictions. Writes the frames of ``evaluate.py``: in ``metrics.parquet`` rows of the kind "dense", of
metrics of confusion matrices; no histograms. And ``classes.parquet``: the same names up to seed, class (from 0),
name (of the class), value (its IoU over all images; NaN: neither labelled nor predicted), labelled and predicted
(pixels), n (images).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.metrics.iou import iou_of_classes
from hembench.stages._tidy import CELL, HISTOGRAMS, HISTORIES, METRICS, history_of, tidy, value_of
from hembench.store.content import frame, read_arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1

CLASSES = [*CELL, "class", "name", "value", "labelled", "predicted", "n"]
WHOLE = dict.fromkeys(("class", "labelled", "predicted"), "int64")


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Compute every metric of each network's confusion matrices, and the IoU of each class.

    Args:
        inputs: artefacts "predict.dense.<cell>", plug-ins "metric.<name>".
        options: "condition", "dataset", "network", "recipe", "cells" (name -> variant, loss, seed), "metrics"
            (names), "classes" (their names, in their order).
    """
    metrics: list[dict[str, Any]] = []
    histories: list[dict[str, Any]] = []
    classes: list[dict[str, Any]] = []
    for cell in sorted(options["cells"]):
        names = {name: options[name] for name in CELL[:4]} | options["cells"][cell]
        folder = inputs.folders[f"predict.dense.{cell}"]
        confusion = read_arrays(folder / "predictions.npz")["confusion"]
        metrics += [{**names, **row} for row in _rows(confusion, inputs.plugins, options["metrics"])]
        histories += [{**names, **row} for row in history_of(folder)]
        classes += [{**names, **row} for row in _of_classes(confusion, options["classes"])]
    return {
        "metrics.parquet": frame(tidy(metrics, METRICS, [*CELL, "metric"])),
        "histories.parquet": frame(tidy(histories, HISTORIES, [*CELL, "quantity", "epoch"])),
        "histograms.parquet": frame(tidy([], HISTOGRAMS, CELL)),
        "classes.parquet": frame(tidy(classes, CLASSES, [*CELL, "class"]).astype(WHOLE)),
    }


def _rows(
    confusion: np.ndarray, plugins: Mapping[str, Callable[..., float]], metrics: list[str]
) -> Iterator[dict[str, Any]]:
    for name in metrics:
        yield {
            "kind": "dense",
            "set": "",
            "severity": 0,
            "score": "",
            "metric": name,
            "value": value_of(name, plugins[f"metric.{name}"], {"confusion": confusion}),
            "n": len(confusion),
        }


def _of_classes(confusion: np.ndarray, names: list[str]) -> Iterator[dict[str, Any]]:
    ious, pixels = iou_of_classes(confusion), confusion.sum(axis=0)
    for number, name in enumerate(names):
        yield {
            "class": number,
            "name": name,
            "value": float(ious[number]),
            "labelled": int(pixels[number].sum()),
            "predicted": int(pixels[:, number].sum()),
            "n": len(confusion),
        }
