"""Figures 9 and 10 of the paper: quantities against an option of a loss, for whatever values a study tried."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hembench.figures._colours import COLOURS, FAINT
from hembench.figures._layout import Layout, blocks
from hembench.figures._style import NARROW, WIDE, Drawing, empty, labels_of, style, svg
from hembench.stats.interval import interval
from hembench.stats.quantities import CELL, QUANTITIES, per_cell


@dataclass(frozen=True)
class Sweep:
    """An option of a loss over which a figure goes.

    Attributes:
        loss: the loss.
        option: its option.
        words: the two for a reader.
    """

    loss: str
    option: str
    words: str


LEAST = 3
"""Values of an option that make a sweep: two are a comparison, which the tables have."""

TICK = 0.27
"""Inches that a tick label needs."""

PANEL, LEFT = 1.35, 0.42
"""Inches: height of a panel, room for its tick labels."""

HOW_TO_READ = (
    "Line: mean over seeds. Bars: ± one standard deviation (none for one seed). Small dots: one seed each. In per "
    "cent, larger is better; the axes need not start at zero. Values on a logarithmic axis, 0 apart at its left."
)


def draw_sweeps(
    metrics: pd.DataFrame,
    variants: pd.DataFrame,
    sweeps: Sequence[Sweep],
    quantities: Sequence[str],
    title: str,
    caption: str,
) -> Drawing:
    """Draw a block for each condition with a sweep: a panel for each sweep and quantity.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        variants: the options of the study's variants: variant, loss, option, value.
        sweeps: what is varied.
        quantities: keys of ``QUANTITIES``; those that were not measured are named in the caption.
        title: heading.
        caption: what the paper shows; what is missing here is added.

    Returns:
        The drawing; its data has the columns of ``CELL``, seed, quantity, option, setting (the option's value,
        NaN where it is left to a rule), value (per cent) and images.
    """
    tried = pd.concat([_tried(variants, sweep) for sweep in sweeps], ignore_index=True)
    cells = [per_cell(metrics, quantity).assign(quantity=quantity) for quantity in quantities]
    data = pd.concat([part for part in cells if len(part)] or cells[:1], ignore_index=True)
    data["value"] = 100.0 * data["value"].astype("float64")
    data["variant"] = data["variant"].astype(str)
    data = data.merge(tried, on="variant")[[*CELL, "seed", "quantity", "option", "setting", "value", "images"]]
    number = data.groupby(["condition", "loss"], observed=True)["setting"].transform("nunique")
    data = data[number >= LEAST].reset_index(drop=True)
    said = " ".join([caption, HOW_TO_READ, *_missing(data, sweeps, quantities)])
    if data.empty:
        nothing = f"not measured: {' and '.join(sweep.words for sweep in sweeps)} at {LEAST} values or more"
        return Drawing(title, said, empty(nothing, WIDE), empty(nothing, NARROW), data)
    shown = [quantity for quantity in quantities if (data["quantity"] == quantity).any()]
    with style():
        wide = _arrange(data, sweeps, shown, Layout(WIDE, len(shown), PANEL, LEFT, between=LEFT))
        narrow = _arrange(data, sweeps, shown, Layout(NARROW, 1, PANEL, LEFT))
    return Drawing(title, said, wide, narrow, data)


def _tried(variants: pd.DataFrame, sweep: Sweep) -> pd.DataFrame:
    """Return variant, option, setting of the variants that differ in nothing but the option.

    Where the loss's other options vary too, those with the most values of this one are taken.
    """
    options: dict[str, dict[str, Any]] = {}
    of_loss = variants[variants["loss"] == sweep.loss]
    for variant, option, value in zip(of_loss["variant"], of_loss["option"], of_loss["value"], strict=True):
        options.setdefault(str(variant), {})[option] = value
    alike: dict[str, dict[str, float]] = {}
    for variant, each in options.items():
        setting = each.pop(sweep.option, None)
        alike.setdefault(repr(sorted(each.items())), {})[variant] = math.nan if setting is None else float(setting)
    chosen: dict[str, float] = max(alike.values(), key=lambda each: len(set(each.values())), default={})
    return pd.DataFrame(
        {
            "variant": pd.Series(list(chosen), dtype="str"),
            "option": sweep.option,
            "setting": pd.Series(list(chosen.values()), dtype="float64"),
        }
    )


def _missing(data: pd.DataFrame, sweeps: Sequence[Sweep], quantities: Sequence[str]) -> Iterator[str]:
    """Say what of the paper's figure is not there."""
    lacking = [sweep.words for sweep in sweeps if not (data["loss"] == sweep.loss).any()]
    if lacking:
        yield f"Not measured at {LEAST} values or more: {', '.join(lacking)}."
    unmeasured = [
        QUANTITIES[quantity]["label"] for quantity in quantities if quantity not in set(data["quantity"])
    ]
    if unmeasured and len(data):
        yield f"Not measured: {', '.join(unmeasured)}."


def _arrange(data: pd.DataFrame, sweeps: Sequence[Sweep], shown: list[str], layout: Layout) -> str:
    present = [sweep for sweep in sweeps if (data["loss"] == sweep.loss).any()]
    items = {f"{sweep.loss} {q}": QUANTITIES[q]["label"] for sweep in present for q in shown}
    pairs = dict(zip(items, ((sweep, q) for sweep in present for q in shown), strict=True))
    conditions = [label for label in labels_of(data["condition"]) if (data["condition"] == label).any()]
    figure, places = blocks(layout, conditions, items, {})
    inches = (layout.width - layout.left) / layout.columns - LEFT
    for place in places:
        sweep, quantity = pairs[place.item]
        chosen = (data["condition"] == place.condition) & (data["loss"] == sweep.loss)
        _panel(place.panel, data[chosen & (data["quantity"] == quantity)], COLOURS[sweeps.index(sweep)], inches)
        place.panel.set_xlabel(sweep.words, labelpad=1.0)
    return svg(figure)


def _panel(panel: Axes, rows: pd.DataFrame, colour: str, inches: float) -> None:
    if rows.empty:
        panel.text(0.5, 0.5, "not measured", transform=panel.transAxes, ha="center", va="center", color=FAINT)
        panel.set_xticks([])
        panel.set_yticks([])
        return
    settings = sorted({float(setting) for setting in rows["setting"].dropna()})
    at = dict(zip(settings, _positions(settings), strict=True))
    middles = {setting: interval(rows.loc[rows["setting"] == setting, "value"]) for setting in settings}
    means = [middle.mean for middle in middles.values()]
    panel.plot(list(at.values()), means, "o-", color=colour, markersize=4.0, linewidth=1.2, markeredgewidth=0.0)
    for setting, middle in middles.items():
        values = rows.loc[rows["setting"] == setting, "value"].to_numpy()
        if middle.n > 1:
            ends = [middle.mean - middle.sd, middle.mean + middle.sd]
            panel.plot([at[setting]] * 2, ends, color=colour, linewidth=1.4, zorder=2)
        panel.plot([at[setting] + 0.05] * len(values), values, "o", color=colour, markersize=2.0, mew=0.0)
    by_rule = rows.loc[rows["setting"].isna(), "value"]
    if len(by_rule):
        panel.axhline(float(by_rule.mean()), color=FAINT, linewidth=0.9, linestyle="--", zorder=1)
    labelled = _apart(list(at.values()), inches)
    panel.set_xticks([place for place in at.values() if place in labelled])
    panel.set_xticklabels([f"{setting:g}" for setting, place in at.items() if place in labelled])
    panel.margins(x=0.05, y=0.12)
    panel.grid(visible=False, axis="x")
    panel.yaxis.set_major_locator(MaxNLocator(nbins=4))


def _positions(settings: list[float]) -> list[float]:
    """Return log10 of the values; that of 0 half a decade left of the smallest other one."""
    positive = [math.log10(setting) for setting in settings if setting > 0]
    zero = min(positive, default=0.0) - 0.5
    return [math.log10(setting) if setting > 0 else zero for setting in settings]


def _apart(places: list[float], inches: float) -> set[float]:
    """Return the places, from the left, whose labels don't run into each other on an axis of such a length."""
    least = TICK * (np.ptp(places) or 1.0) / inches
    kept: list[float] = []
    for place in places:
        if not kept or place - kept[-1] >= least:
            kept.append(place)
    return set(kept)
