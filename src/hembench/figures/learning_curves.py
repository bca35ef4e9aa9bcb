"""How the trainings went: quantities of the history against epochs."""

from __future__ import annotations

import pandas as pd

from hembench.figures._curves import Curve, draw_curves
from hembench.figures._style import Drawing

TITLE = "Learning curves"
CAPTION = (
    "Thin lines: one seed each. Thick line: mean over seeds. Training accuracy is measured on the augmented "
    "images as the epoch passes, in per cent. The share of samples with zero loss, in per cent, is what a margin "
    "loss no longer learns from; it has no better direction. Losses are in units of their own: their levels can't "
    "be compared."
)
LABELS = {
    "train_accuracy": "Training accuracy (%)",
    "zero_loss_share": "Samples with zero loss (%)",
    "train_loss": "Training loss (own units)",
    "learning_rate": "Learning rate",
}


def draw(
    histories: pd.DataFrame, *, quantities: tuple[str, ...] = ("train_loss", "train_accuracy", "zero_loss_share")
) -> Drawing:
    """Draw one panel per condition and quantity, one line per variant.

    Args:
        histories: the tidy histories of a study; the categories of condition and variant are the study's order.
        quantities: quantities of the history, in this order; those that were not recorded are left out.

    Returns:
        The drawing; its data has the columns of ``CELL``, seed, quantity, epoch and value (shares in per cent).
    """
    curves = [Curve(quantity, LABELS.get(quantity, quantity)) for quantity in quantities]
    return draw_curves(histories, curves, TITLE, CAPTION)
