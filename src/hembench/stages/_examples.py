"""Pictures that segmentation is shown by: those that networks do best and worst, with what they predict."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hembench.metrics.iou import iou

COUNT, SIDE = 2, 256
"""Pictures that are done best, and worst; and most pixels of a side: of larger ones every second or third."""


def examples(
    images: Any, predictions: Mapping[str, Mapping[str, np.ndarray]], ignored: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the cell and a row for each picture and network.

    A picture counts by its IoU, the mean over the classes that it shows or that are predicted, and over these
    networks.

    Args:
        images: of the test set, uint8 (N, C + 1, H, W), labels as last channel.
        predictions: "confusion" and "predicted" by cell.
        ignored: label of pixels that take no part.

    Yields:
        The cell; picture (its number), place (1, 2: best; -1, -2: worst), value (its IoU with this network),
        height, width, and, in base64, pixels uint8 (height, width, 3), labels and predicted uint8 (height,
        width), 255 in both where the label is ignored.
    """
    ious = {
        cell: np.array([iou(one[None], "macro", float("nan")) for one in found["confusion"]])
        for cell, found in predictions.items()
    }
    for place, number in _chosen(list(ious.values())):
        shown = np.asarray(images[number : number + 1])[0]
        step = max(-(-max(shown.shape[1:]) // SIDE), 1)
        shown = shown[:, ::step, ::step]
        void = shown[-1] == ignored
        for cell, found in predictions.items():
            predicted = np.where(void, 255, found["predicted"][number][::step, ::step])
            yield (
                cell,
                {
                    "picture": number,
                    "place": place,
                    "value": float(ious[cell][number]),
                    "height": shown.shape[1],
                    "width": shown.shape[2],
                    "pixels": _text(shown[[0, 1, 2] if len(shown) > 3 else [0, 0, 0]].transpose(1, 2, 0)),
                    "labels": _text(np.where(void, 255, shown[-1])),
                    "predicted": _text(predicted),
                },
            )


def _chosen(ious: Sequence[np.ndarray]) -> Iterator[tuple[int, int]]:
    """Yield place and number of the best and worst pictures; those that show nothing are left out."""
    means = np.mean(ious, axis=0)
    order = [int(number) for number in np.argsort(-means, kind="stable") if np.isfinite(means[number])]
    count = min(COUNT, len(order) // 2)
    yield from enumerate(order[:count], start=1)
    yield from ((-place, number) for place, number in enumerate(reversed(order[len(order) - count :]), start=1))


def _text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype=np.uint8).tobytes()).decode("ascii")
