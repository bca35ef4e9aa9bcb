"""Segmentation: the IoU of each condition and loss by four reductions, and how many networks collapsed."""

from __future__ import annotations

import pandas as pd

from hembench.stats.quantities import CELL
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "Segmentation"
CAPTION = (
    "Mean ± standard deviation over seeds, in per cent, of intersection over union on all test pictures; larger "
    "is better. Of a class, I pixels have it in label and prediction, U in one of them or both; pixels whose "
    "label is void have neither. Macro: I and U summed over the pictures, the mean of I / U over the classes "
    "(the mean IoU of CamVid, Cityscapes and SBD, and the paper's number by our reading); a class that is "
    "neither labelled nor predicted anywhere counts 1. Micro: summed over "
    "pictures and classes, one ratio; of a share a of right pixels it is a / (2 - a), so it says nothing of "
    "rare classes. Macro by picture: the mean over all pairs of picture and class; a class that is in neither "
    "label nor prediction of a picture counts 1. Micro by picture: summed over classes, the mean over pictures. "
    "Collapsed: share of networks that see one and the same class in every pixel; smaller is better."
)
ROWS = ["variant"]
COLUMNS = ["label"]

QUANTITIES = {
    "iou": ("Macro", "larger"),
    "iou_micro": ("Micro", "larger"),
    "iou_macro_imagewise": ("Macro by picture", "larger"),
    "iou_micro_imagewise": ("Micro by picture", "larger"),
    "collapsed": ("Collapsed", "smaller"),
}
"""Metrics of confusion matrices in the order of the table: label, and which one is better."""


def tabulate(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of each condition of segmentation, by variant.

    Args:
        metrics: the tidy metrics of a study; rows of other kinds are left out.

    Returns:
        condition, dataset, network, recipe, variant, loss, quantity (the metric), label, better, and mean, sd, n,
        low, high (95 % t interval), images; mean to high in per cent.
    """
    parts = []
    dense = metrics[metrics["kind"] == "dense"].rename(columns={"n": "images"})
    for position, (metric, (label, better)) in enumerate(QUANTITIES.items()):
        part = summarise(dense[dense["metric"] == metric], CELL)
        parts.append(part.assign(quantity=metric, label=label, better=better, order=position))
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = table.sort_values([*CELL, "order"], kind="stable", ignore_index=True)
    return described(table[[*CELL, "quantity", "label", "better", *VALUES]], TITLE, CAPTION, ROWS, COLUMNS)
