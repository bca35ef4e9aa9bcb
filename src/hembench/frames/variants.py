"""The options of the variants of a study: what a sweep goes over."""

from __future__ import annotations

from typing import Any

import pandas as pd


def frame(options: dict[str, Any]) -> pd.DataFrame:
    """Return variant (an ordered category), loss, option, value: one row for each option of each variant.

    Args:
        options: "variants", a list in the order to be shown, and "losses", the loss (name, options) of each.
    """
    rows = [
        {"variant": label, "loss": loss["name"], "option": option, "value": value}
        for label in options["variants"]
        for loss in [options["losses"][label]]
        for option, value in loss["options"].items()
    ]
    # values of all kinds in one column: a None must stay one and not become a NaN
    table = pd.DataFrame(rows, columns=["variant", "loss", "option", "value"], dtype="object")
    return table.assign(variant=pd.Categorical(table["variant"], options["variants"], ordered=True))
