"""The numbers that claims are about, one per network: the headline quantities, and a few that only claims need."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from hembench.stats.quantities import BESIDE, CELL, QUANTITIES, per_cell

HIGH = 0.99
"""From here on an MSP is very high (a border of the histograms' bins)."""

OTHERS = {
    "clean_error": "Clean error",
    "high_msp": f"Known images with MSP ≥ {HIGH}",
    "other_msp": f"Known images with MSP < {HIGH}",
    "zero_loss": "Training images without loss, last epoch",
    "loss_rises": "Epochs in which the training loss rises",
}
"""Words for the quantities that are no headline ones."""


def label(quantity: str) -> str:
    """Return a quantity in words."""
    names = {**{name: words["label"] for name, words in {**QUANTITIES, **BESIDE}.items()}, **OTHERS}
    return " + ".join(names[part] for part in quantity.split("+"))


def unsaturated(quantity: str) -> str | None:
    """Return the quantity with log-MSP in the place of MSP; None where that changes nothing."""
    other = "+".join(
        part.replace("_msp", "_log_msp") if part in ("auroc_msp", "dar_msp") else part
        for part in quantity.split("+")
    )
    return None if other == quantity else other


def measured(frames: Mapping[str, pd.DataFrame], quantity: str) -> pd.DataFrame:
    """Return one number per cell.

    Args:
        frames: the tidy frames of a study: "metrics", "histories" and "histograms".
        quantity: one name, or two with a "+": their sum, for networks that have both.

    Returns:
        The columns of ``CELL``, seed, value (a fraction) and images (0: training images).
    """
    first, *rest = quantity.split("+")
    cells = _one(frames, first)
    for name in rest:
        both = cells.merge(_one(frames, name), on=[*CELL, "seed"], suffixes=("", "_other"))
        both["value"] = both["value"] + both["value_other"]
        both["images"] = both[["images", "images_other"]].min(axis="columns")
        cells = both[[*CELL, "seed", "value", "images"]]
    return cells


def _one(frames: Mapping[str, pd.DataFrame], quantity: str) -> pd.DataFrame:
    if quantity in QUANTITIES or quantity in BESIDE:
        return per_cell(frames["metrics"], quantity)
    if quantity == "clean_error":
        cells = per_cell(frames["metrics"], "clean_accuracy")
        return cells.assign(value=1.0 - cells["value"])
    if quantity in ("high_msp", "other_msp"):
        cells = _high_msp(frames["histograms"])
        return cells if quantity == "high_msp" else cells.assign(value=1.0 - cells["value"])
    histories = frames["histories"]
    wanted = "zero_loss_share" if quantity == "zero_loss" else "train_loss"
    rows = histories[(histories["quantity"] == wanted) & histories["value"].notna()]
    rows = rows.sort_values("epoch", kind="stable")
    grouped = rows.groupby([*CELL, "seed"], observed=True, sort=True)["value"]
    cells = (grouped.last() if quantity == "zero_loss" else grouped.agg(_rises)).reset_index()
    return cells.dropna(subset=["value"]).assign(images=0)[[*CELL, "seed", "value", "images"]]


def _rises(losses: pd.Series) -> float:
    """Return the share of steps from epoch to epoch in which the loss rises; NaN for one epoch."""
    return float((losses.diff().iloc[1:] > 0.0).mean()) if len(losses) > 1 else float("nan")


def _high_msp(histograms: pd.DataFrame) -> pd.DataFrame:
    rows = histograms[(histograms["kind"] == "clean") & (histograms["score"] == "msp")]
    rows = rows.assign(high=rows["count"].where(rows["low"] >= HIGH - 1e-9, 0))
    sums = rows.groupby([*CELL, "seed"], observed=True, sort=True)[["high", "count"]].sum().reset_index()
    sums = sums.assign(value=sums["high"] / sums["count"], images=sums["count"])
    return sums[[*CELL, "seed", "value", "images"]]
