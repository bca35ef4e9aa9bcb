"""Figure 11 of the paper (B.3): how trainings with cross-entropy and with HEM went."""

from __future__ import annotations

import pandas as pd

from hembench.figures._curves import Curve, draw_curves
from hembench.figures._style import Drawing, label_of

TITLE = "Trainings with CE and HEM (the paper's figure 11)"
CAPTION = (
    "Thin lines: one seed each. Thick line: mean over seeds. Each training loss has a panel of its own, since "
    "their levels can't be compared. Training accuracy is measured on the augmented images as the epoch passes. "
    "From samples with zero loss a network no longer learns. The paper has WRN22-10 on CIFAR10, and metrics epoch "
    "by epoch; what our copy lost of it may be of the test set, on which networks are evaluated here after their "
    "last epoch only."
)
RECORDED = {"train_accuracy": "training accuracy", "zero_loss_share": "samples with zero loss"}
LOSSES = {"ce": "CE", "hem": "HEM"}


def draw(histories: pd.DataFrame) -> Drawing:
    """Draw the figure for the conditions that have one of the two losses, one variant of each.

    Args:
        histories: the tidy histories of a study; the categories of condition and variant are the study's order.

    Returns:
        The drawing; its caption says what is missing, its data has the columns of ``CELL``, seed, quantity, epoch
        and value (shares in per cent).
    """
    labels = {loss: label for loss in LOSSES if (label := label_of(loss, histories)) is not None}
    curves = [Curve("train_loss", f"Training loss of {LOSSES[loss]}", (label,)) for loss, label in labels.items()]
    curves += [
        Curve("train_accuracy", "Training accuracy (%)"),
        Curve("zero_loss_share", "Samples with zero loss (%)"),
    ]
    chosen = histories[histories["variant"].isin(labels.values())]
    lacking = [loss for loss in LOSSES if loss not in labels]
    said = [CAPTION, *([f"Not in this study: {', '.join(lacking)}."] if lacking else [])]
    said += [
        f"Not recorded: {words}."
        for name, words in RECORDED.items()
        if len(chosen) and name not in set(chosen["quantity"])
    ]
    return draw_curves(chosen, curves, TITLE, " ".join(said))
