"""Figure 3 of the paper: rejection of unknown classes (AUROC) and of adversarial images (DAR)."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from hembench.figures._paper import draw_conditions
from hembench.figures._style import Drawing

TITLE = "Rejection of unknown classes and adversarial images (the paper's figure 3)"
CAPTION = (
    "Mean AUROC over the sets of unknown classes, and the share of attacked images that are processed correctly "
    "(DAR), mean over the norms. The paper shows CE and HEM for each condition and all losses for the average "
    "over its 15 conditions, as bars. MSP is computed in float32, where it saturates; the table of OOD sets has "
    "the other scores."
)


def draw(
    metrics: pd.DataFrame, conditions: pd.DataFrame, *, score: Literal["msp", "log_msp", "mls"] = "msp"
) -> Drawing:
    """Draw the figure for the conditions that there are.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        conditions: what the plan knows of the conditions: condition, paper, long_tailed.
        score: the confidence score; the paper's is MSP.

    Returns:
        The drawing; its caption says what is missing, its data has one row per network and quantity.
    """
    return draw_conditions(metrics, conditions, (f"auroc_{score}", f"dar_{score}"), TITLE, CAPTION)
