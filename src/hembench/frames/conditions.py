"""What the plan knows of the conditions of a study."""

from __future__ import annotations

from typing import Any

import pandas as pd

KNOWN = ("long_tailed", "complete", "training_images", "unit", "uncounted", "stands")
"""What of a condition's facts is a column under its name."""


def frame(options: dict[str, Any]) -> pd.DataFrame:
    """Return condition (an ordered category), paper and what the plan knows: one row for each.

    Columns: paper, the condition as the paper has it, ``<data-set>-<network>``, whatever its labels; "" where it
    is none of the paper's. long_tailed, complete, training_images. Of segmentation: unit, what classes are counted
    in ("" elsewhere); uncounted, the network without it; stands, whether the condition counts where several are
    taken together: of those that differ in the unit alone one does.

    Args:
        options: "conditions", a list in the order to be shown, and "facts", what the plan knows of each.
    """
    rows = [
        {"condition": of["name"], "paper": "-".join(of["of_paper"] or ())} | {key: of[key] for key in KNOWN}
        for of in options["facts"]
    ]
    table = pd.DataFrame(rows)
    return table.assign(condition=pd.Categorical(table["condition"], options["conditions"], ordered=True))
