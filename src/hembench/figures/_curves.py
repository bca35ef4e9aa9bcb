"""Quantities of the histories of trainings against epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hembench.figures._colours import FAINT
from hembench.figures._layout import Layout, blocks
from hembench.figures._style import NARROW, WIDE, Drawing, Look, empty, labels_of, looks, style, svg
from hembench.stats.quantities import CELL

PER_CENT = ("train_accuracy", "zero_loss_share")


@dataclass(frozen=True)
class Curve:
    """What a panel shows.

    Attributes:
        quantity: of the history.
        title: of the panel.
        variants: labels of those shown; None shows all.
    """

    quantity: str
    title: str
    variants: tuple[str, ...] | None = None

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows that the panel shows."""
        mine = rows["quantity"] == self.quantity
        return rows[mine if self.variants is None else mine & rows["variant"].isin(self.variants)]


def draw_curves(histories: pd.DataFrame, curves: Sequence[Curve], title: str, caption: str) -> Drawing:
    """Draw one panel per condition and curve, one line per variant; curves without any number are left out.

    Args:
        histories: the tidy histories of a study; the categories of condition and variant are the study's order.
        curves: what the panels show, in this order.
        title: heading.
        caption: what is shown.

    Returns:
        The drawing; its data has the columns of ``CELL``, seed, quantity, epoch and value (shares in per cent).
    """
    wanted = [curve.quantity for curve in curves]
    data = histories[histories["quantity"].isin(wanted) & histories["value"].notna()]
    share = data["quantity"].isin(PER_CENT)
    data = data.assign(value=data["value"].astype("float64").where(~share, 100.0 * data["value"]))
    data = data[[*CELL, "seed", "quantity", "epoch", "value"]].reset_index(drop=True)
    shown = [curve for curve in curves if len(curve.of(data))]
    if not shown:
        nothing = "none of these quantities was recorded"
        return Drawing(title, caption, empty(nothing, WIDE), empty(nothing, NARROW), data)
    appearance = looks(labels_of(histories["variant"]))
    columns = len(shown) if len(shown) <= 4 else 3
    with style():
        wide = _arrange(data, shown, appearance, Layout(WIDE, columns, 1.3, 0.4, legend_columns=8, between=0.42))
        narrow = _arrange(data, shown, appearance, Layout(NARROW, 1, 1.3, 0.4, legend_columns=4))
    return Drawing(title, caption, wide, narrow, data)


def _arrange(data: pd.DataFrame, shown: list[Curve], appearance: dict[str, Look], layout: Layout) -> str:
    conditions = [label for label in labels_of(data["condition"]) if (data["condition"] == label).any()]
    drawn = {label: look for label, look in appearance.items() if (data["variant"] == label).any()}
    by_title = {curve.title: curve for curve in shown}
    figure, places = blocks(layout, conditions, {title: title for title in by_title}, drawn)
    for place in places:
        _panel(place.panel, by_title[place.item].of(data[data["condition"] == place.condition]), drawn)
        if place.last:
            place.panel.set_xlabel("epoch")
    return svg(figure)


def _panel(panel: Axes, rows: pd.DataFrame, appearance: dict[str, Look]) -> None:
    if rows.empty:
        panel.text(0.5, 0.5, "not recorded", transform=panel.transAxes, ha="center", va="center", color=FAINT)
        panel.set_xticks([])
        panel.set_yticks([])
        return
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
    panel.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1))
    panel.yaxis.set_major_locator(MaxNLocator(nbins=4))
