"""Figure 6 of the paper: rejection of unknown and adversarial images after training on long-tailed sets."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from hembench.figures._paper import IMBALANCED, draw_conditions
from hembench.figures._style import Drawing

TITLE = "Rejection after training on long-tailed sets (the paper's figure 6)"
CAPTION = (
    "Mean AUROC over the sets of unknown classes, and the share of attacked images that are processed correctly "
    "(DAR), mean over the norms, where training classes had unequal numbers of images. The paper shows CE, HEM, "
    "LA and HEM+ for each of its four long-tailed conditions, and all losses for their average, as bars."
)


def draw(
    metrics: pd.DataFrame, conditions: pd.DataFrame, *, score: Literal["msp", "log_msp", "mls"] = "msp"
) -> Drawing:
    """Draw the figure for the conditions that there are.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        conditions: what the plan knows of the conditions: condition, paper, long_tailed.
        score: the confidence score; the paper's is MSP, and MLS for DICE.

    Returns:
        The drawing; its caption says what is missing, its data has one row per network and quantity.
    """
    return draw_conditions(metrics, conditions, (f"auroc_{score}", f"dar_{score}"), TITLE, CAPTION, IMBALANCED)
