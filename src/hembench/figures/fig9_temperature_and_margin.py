"""Figure 9 of the paper (B.1): LogitNorm over temperatures, MM over margins."""

from __future__ import annotations

import pandas as pd

from hembench.figures._style import Drawing
from hembench.figures._sweep import Sweep, draw_sweeps

TITLE = "Temperature of LogitNorm and margin of MM (the paper's figure 9)"
CAPTION = (
    "Clean accuracy and mean AUROC over the sets of unknown classes. The paper has ResNet18 on CIFAR10 and "
    "chooses a temperature of 0.04 and a margin of 1; which values it tried is lost in our copy."
)
SWEEPS = (
    Sweep("ln", "temperature", "temperature of LogitNorm"),
    Sweep("mm", "margin", "margin of MM"),
)


def draw(metrics: pd.DataFrame, variants: pd.DataFrame) -> Drawing:
    """Draw the figure for the conditions with a sweep.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        variants: the options of the study's variants: variant, loss, option, value.

    Returns:
        The drawing; its caption says what is missing, its data has one row per network and quantity.
    """
    return draw_sweeps(metrics, variants, SWEEPS, ("clean_accuracy", "auroc_msp"), TITLE, CAPTION)
