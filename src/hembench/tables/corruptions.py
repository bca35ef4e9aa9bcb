"""Accuracy on corrupted test images, one number per corruption, or set of corruptions, and severity."""

from __future__ import annotations

import pandas as pd

from hembench.stats.quantities import CELL
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "Common corruptions, one by one and set by set"
CAPTION = (
    "Accuracy on corrupted test images by corruption and severity (1 mild, 5 strong): mean ± standard deviation "
    "over seeds, in per cent; larger is better. A set of corruptions, or a part of one, is the plain mean of its "
    "members; the number of members stands behind it. The headline's corruption accuracy is the plain mean of all "
    "single corruptions here. mnist_c_ours_... were made by code of this project after MNIST-C, mnist_c_... are "
    "the published images; numbers on the one are not comparable with numbers on the other."
)
ROWS = ["set", "variant"]
COLUMNS = ["severity"]
ALL = "all severities"


def tabulate(metrics: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Return the accuracy for each condition, variant, corruption and severity, and for sets of corruptions.

    Args:
        metrics: the tidy metrics of a study.
        parts: the sets and parts of sets that the study lists: condition, part, set (a member).

    Returns:
        condition, dataset, network, recipe, variant, loss, set (the corruption, or the set with its number of
        members), severity ("severity 1", or "all severities" where there are several), better, and mean, sd, n,
        low, high (95 % t interval), images; mean to high in per cent. A cell that lacks a member has no row for
        the set.
    """
    rows = metrics[(metrics["kind"] == "corruption") & (metrics["metric"] == "accuracy")]
    rows = rows.rename(columns={"n": "images"})[[*CELL, "seed", "set", "severity", "value", "images"]]
    rows["severity"] = "severity " + rows["severity"].astype(str)
    number = parts.groupby(["condition", "part"], observed=True)["set"].transform("size").astype(str)
    sets = parts.assign(part=parts["part"] + " (" + number + ")")
    members = rows.merge(sets, on=["condition", "set"]).drop(columns="set").rename(columns={"part": "set"})
    rows = pd.concat([rows, _mean(members)], ignore_index=True)
    several = rows.groupby(["condition", "set"], observed=True)["severity"].transform("nunique") > 1
    rows = pd.concat([rows, _mean(rows[several].assign(severity=ALL))], ignore_index=True)
    table = summarise(rows, ["condition", "set", *CELL[1:], "severity"])
    table = table.assign(better="larger")[[*CELL, "set", "severity", "better", *VALUES]]
    return described(table, TITLE, CAPTION, ROWS, COLUMNS)


def _mean(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of rows that agree in cell, seed, set and severity, of cells that lack none of them."""
    by = [*CELL, "seed", "set", "severity"]
    grouped = rows.groupby(by, observed=True, sort=True)
    cells = grouped.agg(
        value=("value", "mean"), images=("images", "min"), rows=("value", "size"), valid=("value", "count")
    ).reset_index()
    most = cells.groupby(["condition", "set", "severity"], observed=True)["rows"].transform("max")
    return cells.loc[(cells["rows"] == most) & (cells["valid"] == cells["rows"]), [*by, "value", "images"]]
