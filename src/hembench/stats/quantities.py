"""The headline numbers of a study: one number for each cell, out of the tidy metrics.

Tables and figures share these reductions, so that a dot in a figure and a row of a table are the same number.
"""

from __future__ import annotations

import pandas as pd

CELL = ["condition", "dataset", "network", "recipe", "variant", "loss"]
"""What names a row of every table: the condition and the variant, with their parts. A seed makes it a cell."""

QUANTITIES: dict[str, dict[str, str]] = {
    "clean_accuracy": {
        "label": "Clean accuracy",
        "metric": "accuracy",
        "kind": "clean",
        "score": "",
        "better": "larger",
    },
    "corruption_accuracy": {
        "label": "Corruption accuracy",
        "metric": "accuracy",
        "kind": "corruption",
        "score": "",
        "better": "larger",
    },
    "auroc_msp": {
        "label": "AUROC (MSP)",
        "metric": "auroc",
        "kind": "ood",
        "score": "msp",
        "better": "larger",
    },
    "auroc_log_msp": {
        "label": "AUROC (log-MSP)",
        "metric": "auroc",
        "kind": "ood",
        "score": "log_msp",
        "better": "larger",
    },
    "auroc_mls": {
        "label": "AUROC (MLS)",
        "metric": "auroc",
        "kind": "ood",
        "score": "mls",
        "better": "larger",
    },
    "dar_msp": {
        "label": "DAR (MSP)",
        "metric": "dar",
        "kind": "attack",
        "score": "msp",
        "better": "larger",
    },
    "dar_mls": {
        "label": "DAR (MLS)",
        "metric": "dar",
        "kind": "attack",
        "score": "mls",
        "better": "larger",
    },
    "final_accuracy": {
        "label": "Final accuracy, learnt in episodes",
        "metric": "final_accuracy",
        "kind": "episodes",
        "score": "",
        "better": "larger",
    },
    "iou": {
        "label": "Mean IoU",
        "metric": "iou",
        "kind": "dense",
        "score": "",
        "better": "larger",
    },
    "saturation": {
        "label": "MSP exactly 1",
        "metric": "saturation",
        "kind": "clean",
        "score": "msp",
        "better": "neither",
    },
}
"""Headline quantities in the order of the tables: label, the rows of the metrics that make it, direction."""

BESIDE: dict[str, dict[str, str]] = {
    "dar_log_msp": {
        "label": "DAR (log-MSP)",
        "metric": "dar",
        "kind": "attack",
        "score": "log_msp",
        "better": "larger",
    },
}
"""Quantities that can be asked for but are no headline ones; the table of attacks has this one."""


def per_cell(metrics: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return one number per cell: the plain mean over a quantity's sets and severities.

    Corruptions and severities weigh the same (the paper's "averaged over all corruptions and all severities"),
    as do the OOD sets (section 6.3 of the notes on the paper) and the norms of the attack. A cell that lacks a
    set which others of its condition have would be a mean over something else: it is left out.

    Args:
        metrics: the tidy metrics of a study.
        quantity: a key of ``QUANTITIES`` or ``BESIDE``.

    Returns:
        The columns of ``CELL``, seed, value (a fraction) and images (the smallest number behind one set),
        sorted in the study's order.
    """
    wanted = {**QUANTITIES, **BESIDE}[quantity]
    chosen = (metrics["metric"] == wanted["metric"]) & (metrics["kind"] == wanted["kind"])
    rows = metrics[chosen & (metrics["score"] == wanted["score"])]
    grouped = rows.groupby([*CELL, "seed"], observed=True, sort=True)
    cells = grouped.agg(
        value=("value", "mean"), images=("n", "min"), rows=("value", "size"), valid=("value", "count")
    ).reset_index()
    most = cells.groupby("condition", observed=True)["rows"].transform("max")
    complete = (cells["rows"] == most) & (cells["valid"] == cells["rows"])
    return cells.loc[complete, [*CELL, "seed", "value", "images"]].reset_index(drop=True)
