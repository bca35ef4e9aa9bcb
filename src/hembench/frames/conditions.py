"""What the plan knows of the conditions of a study."""

from __future__ import annotations

from typing import Any

import pandas as pd


def frame(options: dict[str, Any]) -> pd.DataFrame:
    """Return condition (an ordered category), paper, long_tailed, complete, training_images: one row each.

    ``paper`` names the condition as the paper has it, ``<data-set>-<network>``, whatever its labels; "" where it
    is none of the paper's.

    Args:
        options: "conditions", a list in the order to be shown, and "facts", what the plan knows of each.
    """
    rows = [
        {"condition": of["name"], "paper": "-".join(of["of_paper"] or ())}
        | {key: of[key] for key in ("long_tailed", "complete", "training_images")}
        for of in options["facts"]
    ]
    table = pd.DataFrame(rows)
    return table.assign(condition=pd.Categorical(table["condition"], options["conditions"], ordered=True))
