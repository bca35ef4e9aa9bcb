"""Each variant against a reference loss, seed by seed."""

from __future__ import annotations

import pandas as pd

from hembench.stats.paired import differences
from hembench.stats.quantities import CELL, QUANTITIES, per_cell
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "Differences to the reference loss"
CAPTION = (
    "Mean paired difference to {reference} with its 95 % t interval over seeds, in percentage points; above zero, "
    "the variant is larger. Pairs share seed, initial weights and order of the images. An interval that holds "
    "zero does not show a difference, nor that there is none. The intervals are not adjusted for their number, "
    "and hold for these data and this network alone."
)
ROWS = ["variant"]
COLUMNS = ["label"]


def tabulate(metrics: pd.DataFrame, *, reference: str = "ce") -> pd.DataFrame:
    """Return the mean paired difference of the headline quantities for each condition and variant.

    Args:
        metrics: the tidy metrics of a study.
        reference: label of the variant that is subtracted; conditions without it have no rows.

    Returns:
        condition, dataset, network, recipe, variant, loss, quantity, label, reference, better, and mean, sd, n
        (pairs), low, high (95 % t interval), images; mean to high in percentage points.
    """
    parts = []
    for position, (quantity, words) in enumerate(QUANTITIES.items()):
        part = summarise(differences(per_cell(metrics, quantity), reference), CELL)
        parts.append(part.assign(quantity=quantity, label=words["label"], order=position))
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = table.sort_values([*CELL, "order"], kind="stable", ignore_index=True)
    table = table.assign(reference=reference, better="neither")
    columns = [*CELL, "quantity", "label", "reference", "better", *VALUES]
    return described(table[columns], TITLE, CAPTION.format(reference=reference), ROWS, COLUMNS, show="interval")
