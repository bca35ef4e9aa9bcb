"""The sets of corruptions that a study lists, and their parts."""

from __future__ import annotations

from typing import Any

import pandas as pd


def frame(options: dict[str, Any]) -> pd.DataFrame:
    """Return condition (an ordered category), part, set: one row for each member of each set of corruptions.

    Args:
        options: "conditions", a list in the order to be shown, and "parts", the members by label of each.
    """
    rows = [
        (condition, part, member)
        for condition in options["conditions"]
        for part, members in options["parts"][condition].items()
        for member in members
    ]
    table = pd.DataFrame(rows, columns=["condition", "part", "set"], dtype="str")
    return table.assign(condition=pd.Categorical(table["condition"], options["conditions"], ordered=True))
