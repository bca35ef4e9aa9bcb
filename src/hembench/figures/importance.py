"""How important weights were found to be, by EWC and synaptic intelligence, after each episode."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from hembench.figures._colours import INK
from hembench.figures._layout import Layout, blocks, broken
from hembench.figures._style import NARROW, WIDE, Drawing, Look, empty, labels_of, looks, style, svg
from hembench.stats.quantities import CELL

TITLE = "Importance of the weights, by EWC and SI"
CAPTION = (
    "Sum over all weights of the importance by which they are held to their values, on a logarithmic axis: what"
    " an episode adds for EWC, what is held after it for SI (cut off above). Small dots: one seed each; line: "
    "mean over seeds. On the lower edge: zero or less. EWC measures squared gradients of batches at the end of "
    "an episode; SI gathers along the way, also where the loss ends at zero."
)
QUANTITIES = ("ewc_importance_sum", "si_importance_sum")


def draw(histories: pd.DataFrame) -> Drawing:
    """Draw a panel for each condition that records importances, a line for each variant.

    Args:
        histories: the tidy histories of a study; the categories of condition and variant are the study's order.

    Returns:
        The drawing; its caption has the means over seeds and episodes; its data has the columns of ``CELL``, seed,
        quantity, episode (from 1) and value.
    """
    data = histories[histories["quantity"].isin(QUANTITIES)].dropna(subset="value")
    data = data.sort_values([*CELL, "seed", "epoch"], kind="stable", ignore_index=True)
    episode = data.groupby([*CELL, "seed", "quantity"], observed=True).cumcount() + 1
    data = data.assign(episode=episode)[[*CELL, "seed", "quantity", "episode", "value"]]
    if data.empty:
        nothing = "no importance was recorded"
        return Drawing(TITLE, CAPTION, empty(nothing, WIDE), empty(nothing, NARROW), data)
    appearance = looks(labels_of(histories["variant"]))
    drawn = {label: look for label, look in appearance.items() if (data["variant"] == label).any()}
    with style():
        wide = _arrange(data, drawn, Layout(WIDE, 2, 1.5, 0.58, legend_columns=8, between=0.58))
        narrow = _arrange(data, drawn, Layout(NARROW, 1, 1.5, 0.58, legend_columns=4))
    return Drawing(TITLE, f"{CAPTION} Means over seeds and episodes: {_means(data)}.", wide, narrow, data)


def _means(data: pd.DataFrame) -> str:
    means = data.groupby(["condition", "variant"], observed=True, sort=True)["value"].mean().reset_index()
    words: dict[str, list[str]] = {}
    for one in means.itertuples():
        words.setdefault(str(one.condition), []).append(f"{one.variant} {one.value:.2g}")
    return "; ".join(f"{condition}: {', '.join(several)}" for condition, several in words.items())


def _arrange(data: pd.DataFrame, appearance: dict[str, Look], layout: Layout) -> str:
    conditions = [label for label in labels_of(data["condition"]) if (data["condition"] == label).any()]
    room = (layout.width - layout.between) / layout.columns - layout.left
    figure, places = blocks(layout, [""], {name: broken(name, room, 0.073) for name in conditions}, appearance)
    for place in places:
        _panel(place.panel, data[data["condition"] == place.item], appearance)
        if place.last:
            place.panel.set_xlabel("episode")
    return svg(figure)


def _panel(panel: Axes, rows: pd.DataFrame, appearance: dict[str, Look]) -> None:
    panel.set_yscale("log")
    for variant, look in appearance.items():
        mine = rows[rows["variant"] == variant]
        _marks(panel, mine["episode"].to_numpy(), mine["value"].to_numpy(), look, 2.2)
        means = mine.groupby("episode", sort=True)["value"].mean()
        _marks(panel, means.index.to_numpy(), means.to_numpy(), look, 4.5)
        held = means.where(means > 0)
        panel.plot(held.index.to_numpy(), held.to_numpy(), color=look.colour, linewidth=1.4, zorder=3)
    panel.grid(visible=False, axis="x")
    panel.margins(x=0.06, y=0.12)
    panel.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    panel.yaxis.set_major_locator(LogLocator(numticks=5))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:g}")
    )  # powers in superscript are small
    if not (rows["value"] > 0).any():
        panel.set_yticks([])
        panel.text(0.5, 0.5, "none above zero", transform=panel.transAxes, ha="center", va="center", color=INK)


def _marks(panel: Axes, episodes: np.ndarray, values: np.ndarray, look: Look, size: float) -> None:
    """Draw marks, those that a logarithmic axis can't show on its lower edge."""
    there = values > 0
    edge = np.full(int((~there).sum()), 0.03)
    for x, y, transform in (
        (episodes[there], values[there], panel.transData),
        (episodes[~there], edge, panel.get_xaxis_transform()),
    ):
        panel.plot(
            x,
            y,
            look.marker,
            color=look.colour,
            markersize=size,
            markeredgewidth=0.0,
            transform=transform,
            zorder=4,
        )
