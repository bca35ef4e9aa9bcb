"""Paired differences over seeds within one condition (docs/statistics.md).

Two variants of a condition share initial weights, order and augmentation for the same seed (design rule 1), so
the difference is taken seed by seed and its spread is that of the differences.
"""

from __future__ import annotations

import pandas as pd

from hembench.stats.quantities import CELL


def differences(cells: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return the differences to the reference variant, one for each cell that has a partner of the same seed.

    Args:
        cells: one number per cell: the columns of ``CELL``, seed, value and images, as ``per_cell`` gives them.
        reference: label of the variant that is subtracted.

    Returns:
        The same columns without the rows of the reference; value is the variant's value minus the reference's
        of the same condition and seed, images the smaller of both. No rows where the reference is missing.
    """
    partners = cells.loc[cells["variant"] == reference, ["condition", "seed", "value", "images"]]
    others = cells[cells["variant"] != reference]
    pairs = others.merge(partners, on=["condition", "seed"], how="inner", suffixes=("", "_reference"))
    pairs["value"] = pairs["value"] - pairs["value_reference"]
    pairs["images"] = pairs[["images", "images_reference"]].min(axis="columns")
    return pairs[[*CELL, "seed", "value", "images"]]
