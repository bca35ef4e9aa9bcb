"""The headline table: one row per condition, variant and quantity."""

from __future__ import annotations

import pandas as pd

from hembench.stats.quantities import CELL, QUANTITIES, per_cell
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "Headline results"
CAPTION = (
    "Mean ± standard deviation over seeds, in per cent. Corruption accuracy is the mean over all corruptions and "
    "severities (the table of corruptions says which, and which were made by this project), AUROC the mean over "
    "all sets of unknown classes (OOD), DAR (share of adversarial images accepted and right, or rejected and "
    "wrong) the mean over the norms of the attack; larger is better. 'MSP exactly 1' is the share of clean test "
    "images whose maximum softmax probability is exactly 1 in float32 and can't be ranked any further; it has no "
    "better direction."
)
ROWS = ["variant"]
COLUMNS = ["label"]


def tabulate(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the headline quantities of each condition and variant.

    Args:
        metrics: the tidy metrics of a study.

    Returns:
        condition, dataset, network, recipe, variant, loss, quantity (its key), label, better ("larger" or
        "neither"), and mean, sd, n, low, high (95 % t interval), images; mean to high in per cent. Quantities
        that were not measured have no row.
    """
    parts = []
    for position, (quantity, words) in enumerate(QUANTITIES.items()):
        part = summarise(per_cell(metrics, quantity), CELL)
        parts.append(part.assign(quantity=quantity, label=words["label"], better=words["better"], order=position))
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = table.sort_values([*CELL, "order"], kind="stable", ignore_index=True)
    return described(table[[*CELL, "quantity", "label", "better", *VALUES]], TITLE, CAPTION, ROWS, COLUMNS)
