"""The headline quantities of each condition: every seed as a dot, with mean and t interval."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hembench.figures._colours import FAINT, INK
from hembench.figures._layout import Layout, blocks
from hembench.figures._style import NARROW, WIDE, Drawing, Look, empty, labels_of, looks, style, svg
from hembench.stats.interval import interval
from hembench.stats.quantities import CELL, QUANTITIES, per_cell

TITLE = "Headline results, seed by seed"
CAPTION = (
    "Per cent; larger is better. Small dots: one seed each. Large mark: their mean. Line: 95 % t interval of the "
    "mean over seeds (none for one seed). Each panel has its own range, which need not start at zero: read the "
    "axis before comparing."
)


def draw(
    metrics: pd.DataFrame,
    *,
    quantities: tuple[str, ...] = (
        "clean_accuracy",
        "corruption_accuracy",
        "auroc_msp",
        "auroc_log_msp",
        "dar_msp",
        "final_accuracy",
    ),
) -> Drawing:
    """Draw one panel per condition and headline quantity, one line per variant.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        quantities: keys of ``QUANTITIES``, in this order; those that were not measured are left out.

    Returns:
        The drawing; its data has the columns of ``CELL``, seed, quantity, value (per cent) and images.
    """
    parts = [per_cell(metrics, quantity).assign(quantity=quantity) for quantity in quantities]
    data = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    data["value"] = 100.0 * data["value"].astype("float64")
    data = data[[*CELL, "seed", "quantity", "value", "images"]]
    shown = [quantity for quantity in quantities if (data["quantity"] == quantity).any()]
    if not shown:
        nothing = "none of these quantities was measured"
        return Drawing(TITLE, CAPTION, empty(nothing, WIDE), empty(nothing, NARROW), data)
    appearance = looks(labels_of(metrics["variant"]))
    with style():
        wide = _arrange(data, shown, appearance, WIDE, columns=len(shown))
        narrow = _arrange(data, shown, appearance, NARROW, columns=min(2, len(shown)))
    return Drawing(TITLE, CAPTION, wide, narrow, data)


def _arrange(data: pd.DataFrame, shown: list[str], appearance: dict[str, Look], width: float, columns: int) -> str:
    conditions = [label for label in labels_of(data["condition"]) if (data["condition"] == label).any()]
    variants = {name: _variants(data[data["condition"] == name], appearance) for name in conditions}
    height = 0.19 * max(len(labels) for labels in variants.values()) + 0.12
    # side by side what a condition has: one that learns in episodes has other quantities than the others
    own = {
        name: [q for q in shown if q in set(data.loc[data["condition"] == name, "quantity"])]
        for name in conditions
    }
    slots = {str(slot): "" for slot in range(max(map(len, own.values())))}
    layout = Layout(width, min(columns, len(slots)), height, left=0.78)
    figure, places = blocks(layout, conditions, slots, appearance)
    for place in places:
        if int(place.item) >= len(own[place.condition]):
            place.panel.remove()
            continue
        quantity = own[place.condition][int(place.item)]
        label = QUANTITIES[quantity]["label"]
        place.panel.set_title(label, loc="left", pad=4, fontweight="normal", color=FAINT)
        chosen = data[(data["condition"] == place.condition) & (data["quantity"] == quantity)]
        _panel(place.panel, chosen, variants[place.condition], appearance, place.first)
    return svg(figure)


def _variants(rows: pd.DataFrame, appearance: dict[str, Look]) -> list[str]:
    return [label for label in appearance if (rows["variant"] == label).any()]


def _panel(panel: Axes, rows: pd.DataFrame, variants: list[str], appearance: dict[str, Look], first: bool) -> None:
    for line, variant in enumerate(variants):
        values = rows.loc[rows["variant"] == variant, "value"].to_numpy()
        if not len(values):
            continue
        colour, middle = appearance[variant].colour, interval(values)
        if middle.n > 1:
            panel.plot([middle.low, middle.high], [line, line], color=colour, linewidth=1.6, zorder=2)
        panel.plot(
            values, [line + 0.3] * len(values), "o", color=colour, markersize=2.6, markeredgewidth=0.0, zorder=3
        )
        mark = appearance[variant].marker
        panel.plot([middle.mean], [line], mark, color=colour, markersize=5.5, markeredgewidth=0.0, zorder=4)
    panel.set_ylim(len(variants) - 0.4, -0.6)
    panel.set_yticks(range(len(variants)), variants if first else [""] * len(variants), color=INK)
    panel.grid(visible=False, axis="y")
    panel.spines["left"].set_visible(False)
    panel.margins(x=0.08)
    panel.xaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))
