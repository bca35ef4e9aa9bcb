"""Accuracy against the severity of each corruption."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hembench.figures._layout import Layout, blocks
from hembench.figures._style import NARROW, WIDE, Drawing, Look, empty, labels_of, looks, style, svg
from hembench.stats.interval import interval
from hembench.stats.quantities import CELL

TITLE = "Accuracy under common corruptions"
CAPTION = (
    "Accuracy on corrupted test images in per cent against severity; 0 is the clean test set. Larger is better. "
    "Small dots: one seed each. Lines: mean over seeds. Bars: its 95 % t interval (none for one seed); the "
    "variants stand side by side so that bars don't hide each other. Panels of a condition share their range, "
    "which need not start at zero; a bar that leaves it is cut off."
)


def draw(metrics: pd.DataFrame, *, corruptions: tuple[str, ...] | None = None) -> Drawing:
    """Draw one panel per condition and corruption, one line per variant.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        corruptions: labels of corruptions, in this order; None shows all that were measured.

    Returns:
        The drawing; its data has the columns of ``CELL``, seed, set (the corruption, "" for clean), severity,
        value (per cent) and images.
    """
    chosen = (metrics["metric"] == "accuracy") & metrics["kind"].isin(["clean", "corruption"])
    data = metrics[chosen & metrics["value"].notna()].rename(columns={"n": "images"})
    measured = [str(name) for name in data.loc[data["kind"] == "corruption", "set"].drop_duplicates()]
    shown = measured if corruptions is None else [name for name in corruptions if name in measured]
    data = data[data["set"].isin(["", *shown])]
    data = data.assign(value=100.0 * data["value"].astype("float64"))
    data = data[[*CELL, "seed", "set", "severity", "value", "images"]].reset_index(drop=True)
    if not shown:
        nothing = "no corruption was measured"
        return Drawing(TITLE, CAPTION, empty(nothing, WIDE), empty(nothing, NARROW), data)
    appearance = looks(labels_of(metrics["variant"]))
    with style():
        wide = _arrange(data, shown, appearance, Layout(WIDE, min(3, len(shown)), 1.8, 0.36, legend_columns=8))
        narrow = _arrange(data, shown, appearance, Layout(NARROW, 1, 1.8, 0.36, legend_columns=4))
    return Drawing(TITLE, CAPTION, wide, narrow, data)


def _arrange(data: pd.DataFrame, shown: list[str], appearance: dict[str, Look], layout: Layout) -> str:
    corrupted = data[data["set"] != ""]
    conditions = [label for label in labels_of(data["condition"]) if (corrupted["condition"] == label).any()]
    drawn = {label: look for label, look in appearance.items() if (corrupted["variant"] == label).any()}
    figure, places = blocks(layout, conditions, {name: name for name in shown}, drawn)
    for place in places:
        rows = data[data["condition"] == place.condition]
        values = rows["value"].to_numpy()
        low, high = values.min(), values.max()
        room = 0.06 * (high - low) + 0.5
        _panel(place.panel, rows[rows["set"].isin(["", place.item])], drawn)
        place.panel.set_ylim(low - room, high + room)
        if place.last:
            place.panel.set_xlabel("severity")
    return svg(figure)


def _panel(panel: Axes, rows: pd.DataFrame, appearance: dict[str, Look]) -> None:
    present = {label: look for label, look in appearance.items() if (rows["variant"] == label).any()}
    severities = sorted(int(severity) for severity in rows["severity"].drop_duplicates())
    step = 0.42 / max(len(present), 2)
    for number, (variant, look) in enumerate(present.items()):
        shift = (number - (len(present) - 1) / 2) * step
        mine = rows[rows["variant"] == variant]
        middles = {
            severity: interval(mine.loc[mine["severity"] == severity, "value"])
            for severity in severities
            if (mine["severity"] == severity).any()
        }
        places = [severity + shift for severity in middles]
        means = [middle.mean for middle in middles.values()]
        panel.plot(places, means, color=look.colour, linewidth=1.1, zorder=3)
        panel.plot(places, means, look.marker, color=look.colour, markersize=3.4, markeredgewidth=0.0, zorder=4)
        lows, highs = zip(*((middle.low, middle.high) for middle in middles.values()), strict=True)
        panel.vlines(places, lows, highs, color=look.colour, linewidth=0.8, alpha=0.6, zorder=2)
        dots = mine["severity"] + shift + 0.3 * step
        panel.plot(dots, mine["value"], "o", color=look.colour, markersize=1.4, markeredgewidth=0.0, zorder=5)
    panel.set_xlim(min(severities) - 0.5, max(severities) + 0.5)
    panel.set_xticks(severities)
    panel.grid(visible=False, axis="x")
    panel.yaxis.set_major_locator(MaxNLocator(nbins=5))
