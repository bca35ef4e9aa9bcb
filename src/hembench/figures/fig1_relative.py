"""Figure 1 of the paper: each loss relative to one of them, on average over conditions, metric by metric."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hembench.figures._colours import FAINT, INK
from hembench.figures._layout import Layout, blocks
from hembench.figures._paper import BALANCED, IMBALANCED, Grid, average_over, averaged, part_of
from hembench.figures._style import NARROW, WIDE, Drawing, Look, empty, label_of, labels_of, looks, style, svg
from hembench.stats.conditions import missing
from hembench.stats.quantities import CELL, QUANTITIES, per_cell

TITLE = "Losses relative to {reference}, averaged over conditions (the paper's figure 1)"
CAPTION = (
    "Large marks: by how many per cent the average over conditions is above that of {reference}; the average is "
    "the plain mean of the conditions' means over seeds, for losses that all conditions have which {reference} "
    "has. Small dots: the same within one condition each. Right is better. These are relative per cent, no "
    "percentage points: of a low number, as DAR may be, they are soon many. The paper says 'relative'; to what is "
    "lost in our copy."
)
QUANTITY = ("clean_accuracy", "corruption_accuracy", "auroc_msp", "dar_msp")
PARTS = {"balanced": BALANCED, "long-tailed": IMBALANCED}
COLUMNS = ["part", "condition", "variant", "quantity", "conditions", "absolute", "value"]


def draw(metrics: pd.DataFrame, conditions: pd.DataFrame, *, reference: str = "ce") -> Drawing:
    """Draw a block for balanced and one for long-tailed sets: a panel for each metric, a row for each variant.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        conditions: what the plan knows of the conditions: condition, paper, long_tailed.
        reference: the loss, or the label of the variant, that the others are relative to; conditions without it
            don't count.

    Returns:
        The drawing; its data has part ("balanced" or "long-tailed"), condition (its name, or "" for the average),
        variant, quantity, conditions (how many are averaged), absolute (per cent) and value (per cent above the
        reference).
    """
    reference = label_of(reference, metrics) or reference
    found = [_relative(per_cell(metrics, quantity), conditions, quantity, reference) for quantity in QUANTITY]
    data = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    title = TITLE.format(reference=reference)
    said = " ".join([CAPTION.format(reference=reference), *_missing(metrics, conditions, data, reference)])
    if data.empty:
        nothing = f"not measured: two losses, one of them {reference}, in the same conditions"
        return Drawing(title, said, empty(nothing, WIDE), empty(nothing, NARROW), data)
    appearance = looks(labels_of(metrics["variant"]))
    with style():
        wide = _arrange(data, appearance, reference, WIDE, columns=len(QUANTITY))
        narrow = _arrange(data, appearance, reference, NARROW, columns=2)
    return Drawing(title, said, wide, narrow, data)


def _relative(cells: pd.DataFrame, conditions: pd.DataFrame, quantity: str, reference: str) -> pd.DataFrame:
    """Return the rows of the figure's data for a quantity, from a number for each cell."""
    found = [pd.DataFrame(columns=COLUMNS)]
    for part, grid in PARTS.items():
        mine = part_of(cells, conditions, grid)
        referred = set(mine.loc[mine["variant"] == reference, "condition"])
        means = averaged(mine[mine["condition"].isin(referred)], grid).astype(
            {"condition": "str", "variant": "str"}
        )
        if means["variant"].nunique() < 2:
            continue
        average = means.groupby("variant")["value"].mean().reset_index().assign(condition="")
        rows = pd.concat([means, average], ignore_index=True)
        base = rows[rows["variant"] == reference].set_index("condition")["value"]
        rows["absolute"] = 100.0 * rows["value"]
        rows["value"] = 100.0 * (rows["value"] / rows["condition"].map(base) - 1.0)
        rows = rows.assign(part=part, quantity=quantity, conditions=means["condition"].nunique())
        found.append(rows[COLUMNS])
    return pd.concat(found[1:] or found, ignore_index=True)


def _missing(metrics: pd.DataFrame, conditions: pd.DataFrame, data: pd.DataFrame, reference: str) -> Iterator[str]:
    """Say what of the paper's figure is not there."""
    named = metrics[CELL].drop_duplicates()
    for part, grid in PARTS.items():
        there = set(data.loc[data["part"] == part, "condition"])
        mine = part_of(named, conditions, grid)
        lacking = missing(grid.conditions, mine.loc[mine["condition"].isin(there), "paper"])
        if lacking:
            here = len(grid.conditions) - len(lacking)
            yield f"Of the paper's {len(grid.conditions)} {part} conditions {here} are averaged."
        measured = {q for q in QUANTITY if len(part_of(per_cell(metrics, q), conditions, grid))}
        yield from _not_drawn(mine, data[data["part"] == part], part, grid, reference, measured)
    yield "Continual learning and segmentation, which the paper's figure has too, are no part of this study."


def _not_drawn(
    named: pd.DataFrame, data: pd.DataFrame, part: str, grid: Grid, reference: str, measured: set[str]
) -> Iterator[str]:
    if data.empty:
        return
    variants = [label for label in labels_of(named["variant"]) if (named["variant"] == label).any()]
    left_out = [label for label in variants if label not in {*data["variant"], reference}]
    if left_out:
        yield f"Not in all {part} conditions, so without an average: {', '.join(left_out)}."
    absent = [loss for loss in grid.losses if loss not in set(named["loss"])]
    if absent:
        yield f"Losses of the paper that are missing ({part}): {', '.join(absent)}."
    undrawn = [q for q in QUANTITY if q not in set(data["quantity"])]
    if unmeasured := [QUANTITIES[q]["label"] for q in undrawn if q not in measured]:
        yield f"Not measured ({part}): {', '.join(unmeasured)}."
    if partly := [QUANTITIES[q]["label"] for q in undrawn if q in measured]:
        yield f"No two losses have it in the same conditions, so without an average ({part}): {', '.join(partly)}."


def _arrange(data: pd.DataFrame, appearance: dict[str, Look], reference: str, width: float, columns: int) -> str:
    parts = {}
    for part in PARTS:
        number = data.loc[data["part"] == part, "conditions"]
        if len(number):
            parts[f"{part} ({average_over([int(count) for count in number])})"] = data[data["part"] == part]
    variants = {name: _variants(rows, appearance, reference) for name, rows in parts.items()}
    titles = {quantity: QUANTITIES[quantity]["label"] for quantity in QUANTITY}
    height = 0.22 * max(len(labels) for labels in variants.values()) + 0.15
    figure, places = blocks(Layout(width, columns, height, left=0.78), list(parts), titles, {})
    for place in places:
        rows = parts[place.condition]
        mine = rows[rows["quantity"] == place.item]
        _panel(place.panel, mine, variants[place.condition], appearance, place.first)
        if place.last:
            place.panel.set_xlabel(f"% above {reference}", labelpad=1.0)
    return svg(figure)


def _variants(rows: pd.DataFrame, appearance: dict[str, Look], reference: str) -> list[str]:
    return [label for label in appearance if label != reference and (rows["variant"] == label).any()]


def _panel(panel: Axes, rows: pd.DataFrame, shown: list[str], appearance: dict[str, Look], first: bool) -> None:
    panel.axvline(0.0, color=FAINT, linewidth=0.9, zorder=1)
    for line, variant in enumerate(shown):
        mine, look = rows[rows["variant"] == variant], appearance[variant]
        each = mine.loc[mine["condition"] != "", "value"].to_numpy()
        average = mine.loc[mine["condition"] == "", "value"].to_numpy()
        panel.plot(each, [line + 0.3] * len(each), "o", color=look.colour, markersize=2.4, markeredgewidth=0.0)
        panel.plot(
            average, [line] * len(average), look.marker, color=look.colour, markersize=5.5, mew=0.0, zorder=4
        )
    if rows.empty:
        panel.text(0.5, 0.5, "no average", transform=panel.transAxes, ha="center", va="center", color=FAINT)
        panel.set_xticks([])
    panel.set_ylim(len(shown) - 0.4, -0.6)
    panel.set_yticks(range(len(shown)), shown if first else [""] * len(shown), color=INK)
    panel.grid(visible=False, axis="y")
    panel.spines["left"].set_visible(False)
    panel.margins(x=0.1)
    if len(rows):
        panel.xaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))
