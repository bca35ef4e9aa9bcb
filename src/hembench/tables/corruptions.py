"""Accuracy on corrupted test images, one number per corruption and severity."""

from __future__ import annotations

import pandas as pd

from hembench.stats.quantities import CELL
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "Common corruptions, one by one"
CAPTION = (
    "Accuracy on corrupted test images by corruption and severity (1 mild, 5 strong): mean ± standard deviation "
    "over seeds, in per cent; larger is better. The headline's corruption accuracy is the plain mean of all of "
    "these. mnist_c_ours_... were made by code of this project after MNIST-C, mnist_c_... are the published "
    "images; numbers on the one are not comparable with numbers on the other."
)
ROWS = ["set", "variant"]
COLUMNS = ["severity"]


def tabulate(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the accuracy for each condition, variant, corruption and severity.

    Args:
        metrics: the tidy metrics of a study.

    Returns:
        condition, dataset, network, recipe, variant, loss, set (the corruption), severity ("severity 1"),
        better, and mean, sd, n, low, high (95 % t interval), images; mean to high in per cent.
    """
    rows = metrics[(metrics["kind"] == "corruption") & (metrics["metric"] == "accuracy")]
    rows = rows.rename(columns={"n": "images"})
    table = summarise(rows, ["condition", "set", *CELL[1:], "severity"])
    table["severity"] = "severity " + table["severity"].astype(str)
    table = table.assign(better="larger")[[*CELL, "set", "severity", "better", *VALUES]]
    return described(table, TITLE, CAPTION, ROWS, COLUMNS)
