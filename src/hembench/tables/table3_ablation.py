"""Table 3 of the paper (B.2): clean accuracy on the way from MM to HEM, at one margin."""

from __future__ import annotations

from typing import Any

import pandas as pd

from hembench.stats.quantities import CELL, per_cell
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "From MM to HEM, step by step (the paper's table 3)"
CAPTION = (
    "Clean accuracy: mean ± standard deviation over seeds, in per cent; larger is better. MM: mean over classes "
    "and samples; + maz: mean over the errors and samples above zero; + thres: errors below the mean of their "
    "sample count as zero; HEM: both. All at one margin, so that the steps differ in nothing else; HEM's is the "
    "same where its rule gives it, as on all of CIFAR10 and CIFAR100 (0.2). The paper has ResNet18 on these two, "
    "and does not say MM's margin; its means are lost in our copy."
)
ROWS = ["step", "variant"]
COLUMNS = ["label"]
STEPS = {"mm": "MM", "mm_maz": "+ maz", "mm_thres": "+ thres", "hem": "HEM (both)"}


def tabulate(metrics: pd.DataFrame, variants: pd.DataFrame) -> pd.DataFrame:
    """Return the clean accuracy of the four steps for the conditions with one of the two in the middle.

    Args:
        metrics: the tidy metrics of a study.
        variants: the options of the study's variants: variant, loss, option, value.

    Returns:
        condition, dataset, network, recipe, variant, loss, step, label, better, and mean, sd, n, low, high (95 % t
        interval), images; mean to high in per cent.
    """
    cells = per_cell(metrics, "clean_accuracy")
    cells = cells[cells["variant"].isin(_chosen(variants))]
    halfway = set(cells.loc[cells["loss"].isin(["mm_maz", "mm_thres"]), "condition"])
    table = summarise(cells[cells["condition"].isin(halfway)], CELL)
    steps = pd.Categorical(table["loss"].map(STEPS), list(STEPS.values()), ordered=True)
    table = table.assign(step=steps, label="Clean accuracy", better="larger")
    table = table.sort_values(["condition", "step", "variant"], kind="stable", ignore_index=True)
    table = table.astype({"step": "str"})[[*CELL, "step", "label", "better", *VALUES]]
    return described(table, TITLE, " ".join([CAPTION, *_missing(table)]), ROWS, COLUMNS)


def _missing(table: pd.DataFrame) -> list[str]:
    """Say which steps a condition lacks."""
    found = []
    for condition, rows in table.groupby("condition", observed=True, sort=True):
        lacking = [step for step in STEPS.values() if step not in set(rows["step"])]
        if lacking:
            found.append(f"Not measured on {condition}: {', '.join(lacking)}.")
    return found


def _chosen(variants: pd.DataFrame) -> list[str]:
    """Return the labels of the steps with the margin and power of those in the middle.

    A margin that is left to HEM's rule is taken for the same.
    """
    options: dict[str, dict[str, Any]] = {}
    losses: dict[str, str] = {}
    for row in variants[variants["loss"].isin(list(STEPS))].itertuples():
        losses[str(row.variant)] = str(row.loss)
        options.setdefault(str(row.variant), {})[str(row.option)] = row.value
    settings = {label: (each.get("margin"), each.get("power")) for label, each in options.items()}
    wanted = {settings[label] for label, loss in losses.items() if loss in ("mm_maz", "mm_thres")}
    wanted |= {(None, power) for _, power in wanted}
    return [label for label, setting in settings.items() if setting in wanted]
