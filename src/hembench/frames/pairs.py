"""The pairs of benchmark and strategy of a study: the conditions that learn in episodes."""

from __future__ import annotations

from typing import Any

import pandas as pd


def frame(options: dict[str, Any]) -> pd.DataFrame:
    """Return condition (an ordered category), strategy, incremental, sixteen: one row for each such condition.

    ``strategy`` is its label, ``incremental`` what is known in the test ("class", "domain" or "task"), ``sixteen``
    the guess of the paper's pairs by which the study goes, the same in all rows.

    Args:
        options: "conditions", a list in the order to be shown, and "pairs": strategy and incremental by condition,
            and "sixteen".
    """
    of = options["pairs"]
    rows = [{"condition": name, **pair, "sixteen": of["sixteen"]} for name, pair in of["conditions"].items()]
    table = pd.DataFrame(rows, columns=["condition", "strategy", "incremental", "sixteen"], dtype="str")
    return table.assign(condition=pd.Categorical(table["condition"], options["conditions"], ordered=True))
