"""Segmentation: the IoU of each class, by condition and loss."""

from __future__ import annotations

import pandas as pd

from hembench.stats.quantities import CELL
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "Segmentation, class by class"
CAPTION = (
    "Mean ± standard deviation over seeds, in per cent, of the IoU of each class: the pixels of all test "
    "pictures that have it in label and prediction, out of those that have it in one of them or both. In "
    "brackets its share of the labelled pixels of the test pictures. Larger is better. A class that is in no "
    "label and no prediction has no number."
)
ROWS = ["variant"]
COLUMNS = ["label"]


def tabulate(classes: pd.DataFrame) -> pd.DataFrame:
    """Return the IoU of each class, in the order of the data-set.

    Args:
        classes: the tidy frame of classes of a study.

    Returns:
        condition, dataset, network, recipe, variant, loss, class (its number), label (its name and share of
        pixels), better, and mean, sd, n, low, high (95 % t interval), images; mean to high in per cent.
    """
    by = [*CELL, "class", "label"]
    rows = classes.rename(columns={"n": "images"})
    pixels = rows.groupby(["condition", "variant", "seed"], observed=True)["labelled"].transform("sum")
    shares = 100.0 * rows["labelled"] / pixels
    labels = [f"{name} ({share:.2g} %)" for name, share in zip(rows["name"], shares, strict=True)]
    table = summarise(rows.assign(label=pd.Series(labels, index=rows.index, dtype="str")), by)
    table = table.assign(better="larger").sort_values([*CELL, "class"], kind="stable", ignore_index=True)
    return described(table[[*by, "better", *VALUES]], TITLE, CAPTION, ROWS, COLUMNS)
