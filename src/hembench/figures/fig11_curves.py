"""Figure 11 of the paper (B.3): how trainings with cross-entropy and with HEM went."""

from __future__ import annotations

import pandas as pd

from hembench.figures._curves import Curve, draw_curves
from hembench.figures._style import Drawing

TITLE = "Trainings with CE and HEM (the paper's figure 11)"
CAPTION = (
    "Thin lines: one seed each. Thick line: mean over seeds. Each training loss has a panel of its own, since "
    "their levels can't be compared. Training accuracy is measured on the augmented images as the epoch passes. "
    "From samples with zero loss a network no longer learns. The paper has WRN22-10 on CIFAR10, and metrics epoch "
    "by epoch; what our copy lost of it may be of the test set, on which networks are evaluated here after their "
    "last epoch only."
)
LOSSES = ("ce", "hem")
CURVES = (
    Curve("train_loss", "Training loss of CE", ("ce",)),
    Curve("train_loss", "Training loss of HEM", ("hem",)),
    Curve("train_accuracy", "Training accuracy (%)", LOSSES),
    Curve("zero_loss_share", "Samples with zero loss (%)", LOSSES),
)


def draw(histories: pd.DataFrame) -> Drawing:
    """Draw the figure for the conditions that have a variant labelled "ce" or "hem".

    Args:
        histories: the tidy histories of a study; the categories of condition and variant are the study's order.

    Returns:
        The drawing; its caption says what is missing, its data has the columns of ``CELL``, seed, quantity, epoch
        and value (shares in per cent).
    """
    chosen = histories[histories["variant"].isin(LOSSES)]
    lacking = [loss for loss in LOSSES if not (chosen["variant"] == loss).any()]
    said = f" Not in this study: {', '.join(lacking)}." if lacking else ""
    return draw_curves(chosen, CURVES, TITLE, CAPTION + said)
