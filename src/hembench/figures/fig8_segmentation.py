"""Figure 8 of the paper: mean IoU of semantic segmentation, on three data-sets with four networks each."""

from __future__ import annotations

import pandas as pd

from hembench.figures._grouped import Grouped, draw_groups
from hembench.figures._paper import Grid
from hembench.figures._style import Drawing
from hembench.stats.conditions import SEGMENTATION

TITLE = "Mean IoU of semantic segmentation (the paper's figure 8)"
CAPTION = (
    "IoU of each class over all test pictures together, the mean over classes. The paper shows CE and HEM+ with "
    "four networks on each of CamVid, Cityscapes and SBD, and all losses for the average over these 12 conditions."
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
        conditions: what the plan knows of the conditions: condition, paper, long_tailed.

    Returns:
        The drawing; its caption says what is missing and which networks collapsed, its data has one row per
        network and one per bar of the average.
    """
    return draw_groups(metrics, conditions, WHAT, TITLE, CAPTION)
