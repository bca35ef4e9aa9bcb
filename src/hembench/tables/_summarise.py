"""From numbers per cell to mean, sd, n and interval over seeds, in per cent, with words for the reader."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from hembench.stats.interval import t_interval

VALUES = ["mean", "sd", "n", "low", "high", "images"]
"""The columns that every table ends with: per cent, per cent, seeds, per cent, per cent, images."""


def summarise(cells: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return one row per group of ``by``, sorted in the study's order: the columns ``by`` and ``VALUES``.

    Args:
        cells: one row per group and seed with the columns value (a fraction; NaN where it could not be
            measured, which is left out of ``n``) and images.
        by: columns that name a group.
    """
    grouped = cells.dropna(subset=["value"]).groupby(by, observed=True, sort=True)
    table = grouped.agg(
        mean=("value", "mean"), sd=("value", "std"), n=("value", "size"), images=("images", "min")
    ).reset_index()
    table["mean"] = 100.0 * table["mean"].astype("float64")
    table["sd"] = 100.0 * table["sd"].astype("float64")
    table["low"], table["high"] = t_interval(table["mean"], table["sd"], table["n"])
    return table[[*by, *VALUES]]


def described(
    table: pd.DataFrame,
    title: str,
    caption: str,
    rows: list[str],
    columns: list[str],
    show: Literal["sd", "interval"] = "sd",
) -> pd.DataFrame:
    """Return the table with its words as ``attrs``, from where the table stage writes them to table.json.

    They travel with the frame because a stage gets a plug-in's function alone, and so that the fingerprint sees
    the constants that hold them.

    Args:
        table: the tidy table.
        title: heading.
        caption: what it shows, definitions, direction.
        rows: columns whose values head the rows of the page.
        columns: columns whose values head the columns of the page.
        show: what stands beside a mean: ± its standard deviation, or its interval.
    """
    table.attrs = {"title": title, "caption": caption, "rows": rows, "columns": columns, "show": show}
    return table
