"""Figure 2 of the paper: accuracy on clean and on corrupted images."""

from __future__ import annotations

import pandas as pd

from hembench.figures._paper import draw_conditions
from hembench.figures._style import Drawing

TITLE = "Accuracy on clean and corrupted images (the paper's figure 2)"
CAPTION = (
    "Accuracy on the clean test set, and its mean over all corruptions and severities. The paper shows CE and HEM "
    "for each condition and all losses for the average over its 15 conditions, as bars."
)


def draw(metrics: pd.DataFrame, conditions: pd.DataFrame) -> Drawing:
    """Draw the figure for the conditions that there are.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        conditions: what the plan knows of the conditions: condition, paper, long_tailed.

    Returns:
        The drawing; its caption says what is missing, its data has one row per network and quantity.
    """
    return draw_conditions(metrics, conditions, ("clean_accuracy", "corruption_accuracy"), TITLE, CAPTION)
