"""Figure 1 of the paper: each loss relative to one of them, on average over conditions, metric by metric."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hembench.figures._colours import FAINT, INK
from hembench.figures._layout import Layout, blocks
from hembench.figures._paper import BALANCED, IMBALANCED, Grid, average_over, averaged, part_of
from hembench.figures._style import NARROW, WIDE, Drawing, Look, empty, label_of, labels_of, looks, style, svg
from hembench.stats.conditions import CONTINUAL, LONGTAIL, SEGMENTATION, STANDARD, missing
from hembench.stats.quantities import QUANTITIES, per_cell
from hembench.stats.sixteen import SIXTEEN

TITLE = "Losses relative to {reference}, averaged over conditions (the paper's figure 1)"
CAPTION = (
    "Large marks: by how many per cent the average over conditions is above that of {reference}; the average is "
    "the plain mean of the conditions' means over seeds, for losses that all conditions have which {reference} "
    "has. Small dots: the same within one condition each. Right is better. These are relative per cent, no "
    "percentage points: of a low number, as DAR may be, they are soon many. The paper says 'relative'; to what is "
    "lost in our copy."
)


@dataclass(frozen=True)
class Part:
    """A block: the paper's conditions and losses, what is measured on them, how many conditions the paper has."""

    grid: Grid
    quantities: tuple[str, ...]
    size: int


QUANTITY = ("clean_accuracy", "corruption_accuracy", "auroc_msp", "dar_msp")
PARTS = {
    "balanced": Part(BALANCED, QUANTITY, len(STANDARD)),
    "long-tailed": Part(IMBALANCED, QUANTITY, len(LONGTAIL)),
    "continual learning": Part(Grid(CONTINUAL, False, BALANCED.losses), ("final_accuracy",), len(SIXTEEN["A"])),
    "segmentation": Part(Grid(SEGMENTATION, False, IMBALANCED.losses), ("iou",), len(SEGMENTATION)),
}
COLUMNS = ["part", "condition", "variant", "quantity", "conditions", "absolute", "value"]


def draw(metrics: pd.DataFrame, conditions: pd.DataFrame, *, reference: str = "ce") -> Drawing:
    """Draw a block for each part of the paper that a study has: a panel for each metric, a row for each variant.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        conditions: what the plan knows of the conditions: condition, paper, long_tailed.
        reference: the loss, or the label of the variant, that the others are relative to; conditions without it
            don't count.

    Returns:
        The drawing; its data has part (a key of ``PARTS``), condition (its name, or "" for the average), variant,
        quantity, conditions (how many are averaged), absolute (per cent) and value (per cent above the
        reference).
    """
    reference = label_of(reference, metrics) or reference
    cells = {
        name: {of: part_of(per_cell(metrics, of), conditions, part.grid) for of in part.quantities}
        for name, part in PARTS.items()
    }
    found = [_relative(cells[name][of], name, of, reference) for name in PARTS for of in cells[name]]
    data = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    title = TITLE.format(reference=reference)
    said = " ".join([CAPTION.format(reference=reference), *_missing(cells, data, reference)])
    if data.empty:
        nothing = f"not measured: two losses, one of them {reference}, in the same conditions"
        return Drawing(title, said, empty(nothing, WIDE), empty(nothing, NARROW), data)
    appearance = looks(labels_of(metrics["variant"]))
    with style():
        wide = _arrange(data, appearance, reference, WIDE, columns=len(QUANTITY))
        narrow = _arrange(data, appearance, reference, NARROW, columns=2)
    return Drawing(title, said, wide, narrow, data)


def _relative(cells: pd.DataFrame, name: str, quantity: str, reference: str) -> pd.DataFrame:
    """Return the rows of the figure's data for a part and a quantity, from a number for each cell."""
    referred = set(cells.loc[cells["variant"] == reference, "condition"])
    means = averaged(cells[cells["condition"].isin(referred)], PARTS[name].grid).astype(
        {"condition": "str", "variant": "str"}
    )
    if means["variant"].nunique() < 2:
        return pd.DataFrame(columns=COLUMNS)
    average = means.groupby("variant")["value"].mean().reset_index().assign(condition="")
    rows = pd.concat([means, average], ignore_index=True)
    base = rows[rows["variant"] == reference].set_index("condition")["value"]
    rows["absolute"] = 100.0 * rows["value"]
    rows["value"] = 100.0 * (rows["value"] / rows["condition"].map(base) - 1.0)
    return rows.assign(part=name, quantity=quantity, conditions=means["condition"].nunique())[COLUMNS]


def _missing(cells: dict[str, dict[str, pd.DataFrame]], data: pd.DataFrame, reference: str) -> Iterator[str]:
    """Say what of the paper's figure is not there."""
    absent = []
    for name, part in PARTS.items():
        drawn = data[data["part"] == name]
        measured = [of for of, each in cells[name].items() if len(each)]
        if not measured:
            absent.append(name)
            continue
        known = pd.concat([cells[name][of] for of in measured])
        lacking = missing(part.grid.conditions, known.loc[known["condition"].isin(drawn["condition"]), "paper"])
        here = len(part.grid.conditions) - len(lacking)
        if here < part.size:
            yield f"Of the paper's {part.size} {name} conditions {here} are averaged."
        yield from _not_drawn(known, drawn, name, reference, measured)
    if absent:
        yield f"In the paper's figure and not in this study: {', '.join(absent)}."


def _not_drawn(
    known: pd.DataFrame, drawn: pd.DataFrame, name: str, reference: str, measured: list[str]
) -> Iterator[str]:
    if drawn.empty:
        return
    variants = [label for label in labels_of(known["variant"]) if (known["variant"] == label).any()]
    left_out = [label for label in variants if label not in {*drawn["variant"], reference}]
    if left_out:
        yield f"Not in all {name} conditions, so without an average: {', '.join(left_out)}."
    absent = [loss for loss in PARTS[name].grid.losses if loss not in set(known["loss"])]
    if absent:
        yield f"Losses of the paper that are missing ({name}): {', '.join(absent)}."
    undrawn = [of for of in PARTS[name].quantities if of not in set(drawn["quantity"])]
    if unmeasured := [QUANTITIES[of]["label"] for of in undrawn if of not in measured]:
        yield f"Not measured ({name}): {', '.join(unmeasured)}."
    if partly := [QUANTITIES[of]["label"] for of in undrawn if of in measured]:
        yield f"No two losses have it in the same conditions, so without an average ({name}): {', '.join(partly)}."


def _arrange(data: pd.DataFrame, appearance: dict[str, Look], reference: str, width: float, columns: int) -> str:
    headings = {}
    for name in PARTS:
        counts = [int(count) for count in data.loc[data["part"] == name, "conditions"]]
        if counts:
            headings[f"{name} ({average_over(counts)})"] = name
    rows = {name: data[data["part"] == name] for name in headings.values()}
    variants = {name: _variants(each, appearance, reference) for name, each in rows.items()}
    height = 0.22 * max(len(labels) for labels in variants.values()) + 0.15
    numbers = range(max(len(PARTS[name].quantities) for name in rows))
    layout = Layout(width, columns, height, left=0.78)
    figure, places = blocks(layout, list(headings), {str(number): "" for number in numbers}, {})
    for place in places:
        name, number = headings[place.condition], int(place.item)
        quantities = PARTS[name].quantities
        if number >= len(quantities):  # a part with fewer metrics than others
            place.panel.remove()
            continue
        words = QUANTITIES[quantities[number]]["label"]
        place.panel.set_title(words, loc="left", pad=4, fontweight="normal", color=FAINT)
        mine = rows[name][rows[name]["quantity"] == quantities[number]]
        _panel(place.panel, mine, variants[name], appearance, place.first)
        if number + columns >= len(quantities):
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
