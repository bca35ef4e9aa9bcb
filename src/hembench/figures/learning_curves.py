"""How the trainings went: quantities of the history against epochs."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hembench.figures._layout import Layout, blocks
from hembench.figures._style import NARROW, WIDE, Drawing, Look, empty, labels_of, looks, style, svg
from hembench.stats.quantities import CELL

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
PER_CENT = ("train_accuracy", "zero_loss_share")


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
    data = histories[histories["quantity"].isin(quantities) & histories["value"].notna()]
    share = data["quantity"].isin(PER_CENT)
    data = data.assign(value=data["value"].astype("float64").where(~share, 100.0 * data["value"]))
    data = data[[*CELL, "seed", "quantity", "epoch", "value"]].reset_index(drop=True)
    shown = [quantity for quantity in quantities if (data["quantity"] == quantity).any()]
    if not shown:
        nothing = "none of these quantities was recorded"
        return Drawing(TITLE, CAPTION, empty(nothing, WIDE), empty(nothing, NARROW), data)
    appearance = looks(labels_of(histories["variant"]))
    with style():
        wide = _arrange(data, shown, appearance, Layout(WIDE, min(3, len(shown)), 1.3, 0.4, legend_columns=8))
        narrow = _arrange(data, shown, appearance, Layout(NARROW, 1, 1.3, 0.4, legend_columns=4))
    return Drawing(TITLE, CAPTION, wide, narrow, data)


def _arrange(data: pd.DataFrame, shown: list[str], appearance: dict[str, Look], layout: Layout) -> str:
    conditions = [label for label in labels_of(data["condition"]) if (data["condition"] == label).any()]
    drawn = {label: look for label, look in appearance.items() if (data["variant"] == label).any()}
    titles = {quantity: LABELS.get(quantity, quantity) for quantity in shown}
    figure, places = blocks(layout, conditions, titles, drawn)
    for place in places:
        _panel(place.panel, data[(data["condition"] == place.condition) & (data["quantity"] == place.item)], drawn)
        if place.last:
            place.panel.set_xlabel("epoch")
    return svg(figure)


def _panel(panel: Axes, rows: pd.DataFrame, appearance: dict[str, Look]) -> None:
    for variant, look in appearance.items():
        mine = rows[rows["variant"] == variant]
        for _, one in mine.groupby("seed", sort=True):
            panel.plot(one["epoch"], one["value"], color=look.colour, linewidth=0.5, alpha=0.45, zorder=2)
        mean = mine.groupby("epoch", sort=True)["value"].mean()
        if len(mean):
            epochs, values = mean.index.to_numpy(), mean.to_numpy()
            panel.plot(epochs, values, color=look.colour, linewidth=1.4, zorder=3)
            panel.plot(epochs[-1:], values[-1:], look.marker, color=look.colour, markersize=4.0, zorder=4)
    panel.grid(visible=False, axis="x")
    panel.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    panel.yaxis.set_major_locator(MaxNLocator(nbins=4))
