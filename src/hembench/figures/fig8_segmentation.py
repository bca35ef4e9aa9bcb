"""Figure 8 of the paper: mean IoU of semantic segmentation, on three data-sets with four networks each."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from hembench.figures._grouped import Grouped, Place, draw_groups
from hembench.figures._paper import Grid
from hembench.figures._style import Drawing
from hembench.stats.conditions import SEGMENTATION

TITLE = "Mean IoU of semantic segmentation (the paper's figure 8)"
CAPTION = (
    "IoU of each class over all test pictures together, the mean over classes. The paper shows CE and HEM+ with "
    "four networks on each of CamVid, Cityscapes and SBD, and all losses for the average over these 12 conditions."
)
UNITS = (
    "Where LA, HEM and HEM+ count classes in several units, each has bars of its own with its unit beside them; "
    "losses that count nothing, CE among them, are the same networks in all. The last panel is of one: {units}."
)
WHAT = Grouped(
    grid=Grid(SEGMENTATION, False, ("ce", "ln", "la", "dice", "mm", "hem", "hem_plus")),
    quantity="iou",
    shown=("ce", "hem_plus"),
    best=True,
)


def draw(metrics: pd.DataFrame, conditions: pd.DataFrame) -> Drawing:
    """Draw the figure for the conditions that there are.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        conditions: what the plan knows of the conditions: condition, paper, long_tailed, unit, uncounted, stands.

    Returns:
        The drawing; its caption says what is missing and which networks collapsed, its data has one row per
        network and one per bar of the average.
    """
    measured = metrics.loc[metrics["kind"] == "dense", ["condition", "dataset"]].drop_duplicates("condition")
    known = conditions.astype({"condition": "str"}).merge(measured.astype("str"), on="condition")
    known = known.assign(group=_groups(known))
    several = known.groupby(["dataset", "group"])["unit"].transform("size") > 1
    places = {
        str(one.condition): Place(
            str(one.group), f"by {str(one.unit).replace('_', ' ')}" if more else "", str(one.unit)
        )
        for one, more in zip(known.itertuples(), several, strict=True)
    }
    caption = " ".join([CAPTION, UNITS.format(units=_standing(known[several]))] if several.any() else [CAPTION])
    return draw_groups(metrics, conditions, WHAT, TITLE, caption, places)


def _groups(known: pd.DataFrame) -> list[str]:
    """Return the group of each condition: its network, with the recipe where a data-set has it by several."""
    keys = list(zip(known["dataset"], known["uncounted"], known["unit"], strict=True))
    used = Counter(keys)
    return [
        str(one.condition).removeprefix(f"{one.dataset}-").removesuffix(f"-{one.unit}")
        if used[key] > 1
        else str(one.uncounted)
        for one, key in zip(known.itertuples(), keys, strict=True)
    ]


def _standing(known: pd.DataFrame) -> str:
    return ", ".join(dict.fromkeys(known.loc[known["stands"], "unit"].replace("_", " ", regex=True)))
