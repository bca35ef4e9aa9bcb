"""Figure 4 of the paper: how confident a network is on images of known and of unknown classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from hembench.figures._colours import FAINT, INK
from hembench.figures._layout import Layout, blocks
from hembench.figures._style import NARROW, WIDE, Drawing, Look, empty, labels_of, looks, style, svg
from hembench.stats.quantities import CELL

if TYPE_CHECKING:
    from typing import Annotated

    from annotated_types import Ge

TITLE = "Confidence on known and unknown classes (the paper's figure 4)"
CAPTION = (
    "How MSP, the maximum softmax probability, is distributed: share of images in each bin, in per cent, mean "
    "over seeds, on a logarithmic axis. Filled, in the colour of the loss: test images (known classes). Dashed: "
    "images of unknown classes, each set weighing the same. The less the two overlap, the better unknown classes "
    "are rejected. The paper shows CE, LN, MM and HEM of one network, which our copy does not name; here are all "
    "that there are."
)
LOSSES = ("ce", "ln", "mm", "hem")
FLOOR = 0.01
"""Per cent where the logarithmic axis ends; empty bins lie there."""


def draw(histograms: pd.DataFrame, *, bins: Annotated[int, Ge(1)] = 20) -> Drawing:
    """Draw one panel per condition and variant.

    Args:
        histograms: the tidy histograms of a study; the categories of condition and variant are the study's order.
        bins: bins to draw, a divisor of the number that evaluate keeps (100).

    Returns:
        The drawing; its data has the columns of ``CELL``, kind ("clean" or "ood"), low, high, value (per cent).
    """
    data = _shares(histograms[histograms["score"] == "msp"], bins)
    there = set(data["loss"].astype(str))
    lacking = [loss for loss in LOSSES if loss not in there]
    caption = CAPTION + (f" Losses of the paper that are missing: {', '.join(lacking)}." if lacking else "")
    if data.empty:
        nothing = "no confidence was measured (evaluate.scores needs msp)"
        return Drawing(TITLE, caption, empty(nothing, WIDE), empty(nothing, NARROW), data)
    appearance = looks(labels_of(histograms["variant"]))
    drawn = {label: look for label, look in appearance.items() if (data["variant"] == label).any()}
    with style():
        wide = _arrange(data, drawn, Layout(WIDE, min(4, len(drawn)), 0.95, 0.4))
        narrow = _arrange(data, drawn, Layout(NARROW, min(2, len(drawn)), 0.95, 0.4))
    return Drawing(TITLE, caption, wide, narrow, data)


def _shares(histograms: pd.DataFrame, bins: int) -> pd.DataFrame:
    """Return the share of images in wider bins: of each network and set first, then the mean over both."""
    place = ((histograms["low"].astype("float64") + 1e-9) * bins).astype("int64")
    names = [*CELL, "seed", "kind", "set"]
    counts = histograms.assign(place=place).groupby([*names, "place"], observed=True, sort=True)["count"].sum()
    table = counts.reset_index()
    whole = table.groupby(names, observed=True)["count"].transform("sum")
    table["value"] = 100.0 * table["count"] / whole
    shares = table.groupby([*CELL, "kind", "place"], observed=True, sort=True)["value"].mean().reset_index()
    shares = shares.assign(low=shares["place"] / bins, high=(shares["place"] + 1) / bins)
    return shares[[*CELL, "kind", "low", "high", "value"]]


def _arrange(data: pd.DataFrame, drawn: dict[str, Look], layout: Layout) -> str:
    conditions = [label for label in labels_of(data["condition"]) if (data["condition"] == label).any()]
    figure, places = blocks(layout, conditions, {label: label for label in drawn}, drawn)
    for place in places:
        rows = data[(data["condition"] == place.condition) & (data["variant"] == place.item)]
        _panel(place.panel, rows, drawn[place.item], first=place.first)
        if place.last:
            place.panel.set_xlabel("MSP")
    return svg(figure)


def _panel(panel: Axes, rows: pd.DataFrame, look: Look, first: bool) -> None:
    for kind in ("clean", "ood"):
        mine = rows[rows["kind"] == kind]
        if mine.empty:
            continue
        edges = [*mine["low"], float(mine["high"].iloc[-1])]
        values = mine["value"].clip(lower=FLOOR).to_numpy()
        if kind == "clean":
            panel.stairs(values, edges, baseline=FLOOR, fill=True, color=look.colour, alpha=0.45)
            panel.stairs(values, edges, baseline=None, color=look.colour, linewidth=1.2)
        else:
            panel.stairs(values, edges, baseline=None, color=INK, linewidth=1.1, linestyle=(0, (3, 1.5)))
    if rows.empty:
        panel.text(0.5, 0.5, "not measured", transform=panel.transAxes, ha="center", va="center", color=FAINT)
    panel.set_yscale("log")
    panel.set_ylim(FLOOR, 130.0)
    panel.set_xlim(0.0, 1.0)
    panel.set_xticks([0.0, 0.5, 1.0], ["0", "0.5", "1"])
    panel.set_yticks([0.01, 1.0, 100.0], ["0.01", "1", "100"] if first else ["", "", ""])
    panel.yaxis.set_minor_locator(NullLocator())
    panel.grid(visible=False, axis="x")
