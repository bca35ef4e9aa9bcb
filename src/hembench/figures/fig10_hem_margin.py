"""Figure 10 of the paper (B.1): HEM over margins."""

from __future__ import annotations

import pandas as pd

from hembench.figures._style import Drawing
from hembench.figures._sweep import Sweep, draw_sweeps

TITLE = "Margin of HEM (the paper's figure 10)"
CAPTION = (
    "Clean accuracy and mean AUROC over the sets of unknown classes, with MSP and with MLS as confidence. Dashed: "
    "HEM with the margin that its rule gives for the number of training images, 0.2 on all of CIFAR10. The paper "
    "has ResNet18 on CIFAR10, and its clean accuracy with 50 images of each class; which margins it tried is lost "
    "in our copy."
)


def draw(metrics: pd.DataFrame, variants: pd.DataFrame) -> Drawing:
    """Draw the figure for the conditions with a sweep.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        variants: the options of the study's variants: variant, loss, option, value.

    Returns:
        The drawing; its caption says what is missing, its data has one row per network and quantity.
    """
    sweeps = (Sweep("hem", "margin", "margin of HEM"),)
    quantities = ("clean_accuracy", "auroc_msp", "auroc_mls")
    return draw_sweeps(metrics, variants, sweeps, quantities, TITLE, CAPTION)
