"""evaluate, of segmentation: the numbers of a condition, out of the confusion matrix of every image.

Reads: predictions, and the test set. Writes the frames of ``evaluate.py``: in ``metrics.parquet`` rows of the kind
"dense", of metrics of confusion matrices; no histograms. And ``classes.parquet``: the same names up to seed, class
(from 0), name (of the class), value (its IoU over all images; NaN: neither labelled nor predicted), labelled and
predicted (pixels), n (images); ``examples.parquet``: the same names up to seed, and what ``_examples.py`` yields,
of networks whose predicted classes were kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.metrics.iou import iou_of_classes
from hembench.stages._examples import examples
from hembench.stages._tidy import CELL, HISTOGRAMS, HISTORIES, METRICS, history_of, tidy, value_of
from hembench.store.content import frame, read_arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1

CLASSES = [*CELL, "class", "name", "value", "labelled", "predicted", "n"]
EXAMPLES = [*CELL, "picture", "place", "value", "height", "width", "pixels", "labels", "predicted"]
WHOLE = dict.fromkeys(("class", "labelled", "predicted"), "int64")


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Compute every metric of each network's confusion matrices, and the IoU of each class.

    Args:
        inputs: artefacts "predict.dense.<cell>" and "clean" (the test set), plug-ins "metric.<name>", "read_set".
        options: "condition", "dataset", "network", "recipe", "cells" (name -> variant, loss, seed), "metrics"
            (names), "classes" (their names, in their order), "examples" (cells whose predictions are shown),
            "ignored" (label of pixels that take no part).
    """
    metrics: list[dict[str, Any]] = []
    histories: list[dict[str, Any]] = []
    classes: list[dict[str, Any]] = []
    shown: dict[str, dict[str, np.ndarray]] = {}
    named = {cell: {name: options[name] for name in CELL[:4]} | of for cell, of in options["cells"].items()}
    for cell, names in sorted(named.items()):
        folder = inputs.folders[f"predict.dense.{cell}"]
        predictions = read_arrays(folder / "predictions.npz")
        confusion = predictions["confusion"]
        if cell in options["examples"] and "predicted" in predictions:
            shown[cell] = predictions
        metrics += [{**names, **row} for row in _rows(confusion, inputs.plugins, options["metrics"])]
        histories += [{**names, **row} for row in history_of(folder)]
        classes += [{**names, **row} for row in _of_classes(confusion, options["classes"])]
    pictures = []
    if shown:
        images = inputs.plugins["read_set"](inputs.folders["clean"])["images"]
        pictures = [{**named[cell], **row} for cell, row in examples(images, shown, options["ignored"])]
    return {
        "metrics.parquet": frame(tidy(metrics, METRICS, [*CELL, "metric"])),
        "histories.parquet": frame(tidy(histories, HISTORIES, [*CELL, "quantity", "epoch"])),
        "histograms.parquet": frame(tidy([], HISTOGRAMS, CELL)),
        "classes.parquet": frame(tidy(classes, CLASSES, [*CELL, "class"]).astype(WHOLE)),
        "examples.parquet": frame(tidy(pictures, EXAMPLES, [*CELL, "place"])),
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
