"""Figures 2, 3, 5 and 6 of the paper: two quantities, condition by condition, and their average over these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hembench.figures._colours import INK
from hembench.figures._style import NARROW, WIDE, Drawing, Look, empty, labels_of, looks, style, svg
from hembench.stats.conditions import LONGTAIL, STANDARD, missing, named
from hembench.stats.interval import interval
from hembench.stats.quantities import BESIDE, CELL, QUANTITIES, per_cell


@dataclass(frozen=True)
class Grid:
    """What of the paper a figure shows.

    Attributes:
        conditions: its (data-set, network), as the paper has them.
        long_tailed: whether it is about long-tailed training sets, or about balanced ones.
        losses: its losses.
    """

    conditions: tuple[tuple[str, str], ...]
    long_tailed: bool
    losses: tuple[str, ...]


BALANCED = Grid(STANDARD, False, ("ce", "ln", "dice", "mm", "hem"))
IMBALANCED = Grid(LONGTAIL, True, ("ce", "ln", "dice", "mm", "hem", "la", "hem_plus"))

LINE, TOP, BOTTOM, LEFT = 0.17, 0.3, 0.32, 0.85
"""Inches: height of a row, room for a panel's title, for its tick labels, for the names of the variants."""

AVERAGE = "average"
LABELS = {name: words["label"] for name, words in {**QUANTITIES, **BESIDE}.items()}

NAMED = 6
"""Conditions that lack a number and are named; of more, how many there are is said."""

NO_DAR = " (not attacked, or no image was right, which leaves nothing to set its threshold by)"

HOW_TO_READ = (
    "Large marks: mean over seeds; bars: ± one standard deviation (none for one seed); small dots: one seed each. "
    "Average: the plain mean of the conditions' means, for variants that all of them have. In per cent, larger is "
    "better; the axes need not start at zero."
)


def draw_conditions(
    metrics: pd.DataFrame,
    conditions: pd.DataFrame,
    quantities: Sequence[str],
    title: str,
    caption: str,
    grid: Grid = BALANCED,
) -> Drawing:
    """Draw a panel for each quantity: a row for each condition and variant, and at the end their average.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        conditions: what the plan knows of the conditions: condition, paper, long_tailed, stands.
        quantities: keys of ``QUANTITIES`` or ``BESIDE``; those that were not measured are named in the caption.
        title: heading.
        caption: what the paper shows; what is missing here is added.
        grid: the part of the paper that it shows.

    Returns:
        The drawing; its data has the columns of ``CELL``, paper (the condition as the paper has it, "" for one's
        own), seed, quantity, value (per cent) and images.
    """
    cells = {quantity: part_of(per_cell(metrics, quantity), conditions, grid) for quantity in quantities}
    parts = [part.assign(quantity=quantity) for quantity, part in cells.items()]
    data = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    data["value"] = 100.0 * data["value"].astype("float64")
    data = data[[*CELL, "paper", "stands", "seed", "quantity", "value", "images"]]
    shown = [quantity for quantity in quantities if (data["quantity"] == quantity).any()]
    said = " ".join([caption, HOW_TO_READ, *lacking(data, quantities, grid)])
    if not shown:
        nothing = f"not measured: {', '.join(LABELS[quantity] for quantity in quantities)}"
        return Drawing(title, said, empty(nothing, WIDE), empty(nothing, NARROW), data.drop(columns="stands"))
    appearance = looks(labels_of(metrics["variant"]))
    with style():
        wide = _arrange(data, shown, appearance, grid, WIDE, columns=len(shown))
        narrow = _arrange(data, shown, appearance, grid, NARROW, columns=1)
    return Drawing(title, said, wide, narrow, data.drop(columns="stands"))


def part_of(data: pd.DataFrame, conditions: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Return the rows of the conditions that a grid is about, with two columns more.

    These are paper, how the paper names them, and stands, whether they count in averages: of conditions that
    differ in the unit of counting alone one does.

    Args:
        data: any frame with the column condition.
        conditions: what the plan knows of the conditions: condition, paper, long_tailed, stands.
        grid: the part of the paper.
    """
    known = conditions.astype({"condition": "str"}).set_index("condition")
    names = data["condition"].astype(str)
    mine = names.map(known["long_tailed"]).eq(grid.long_tailed)
    stands = names.map(known["stands"]).eq(True)
    return data.assign(paper=names.map(known["paper"]).fillna(""), stands=stands)[mine]


def averaged(data: pd.DataFrame, grid: Grid = BALANCED) -> pd.DataFrame:
    """Return condition's means of the variants that have an average: those in every condition that counts.

    Where there are conditions of the paper, only these count, so that the average is of the paper's kind. Else all
    that stand count.

    Args:
        data: numbers of one quantity, with the columns condition, paper, stands, variant, value.
        grid: the part of the paper whose conditions count.

    Returns:
        condition, variant, value: one row for each condition that counts and variant with an average.
    """
    of_paper = data["paper"].isin(named(grid.conditions))
    chosen = data[of_paper] if of_paper.any() else data[data["stands"]]
    means = chosen.groupby(["condition", "variant"], observed=True, sort=True)["value"].mean().reset_index()
    there = means.groupby("variant", observed=True)["condition"].transform("size")
    return means[there == means["condition"].nunique()]


def lacking(data: pd.DataFrame, quantities: Sequence[str], grid: Grid) -> Iterator[str]:
    """Say what of the paper's figure is not there."""
    number, absent = len(grid.conditions), missing(grid.conditions, data["paper"])
    if len(absent) == number:
        yield f"None of the paper's {number} conditions is here."
    elif absent:
        here = number - len(absent)
        yield f"Of the paper's {number} conditions {here} are here; missing: {', '.join(absent)}."
    losses = [loss for loss in grid.losses if loss not in set(data["loss"])]
    if losses:
        yield f"Losses of the paper that are missing: {', '.join(losses)}."
    unmeasured = [q for q in quantities if not (data["quantity"] == q).any()]
    if unmeasured:
        yield f"Not measured: {', '.join(LABELS[quantity] for quantity in unmeasured)}."
    for quantity in quantities:
        if quantity not in unmeasured and (names := _without(data, quantity)):
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            why = NO_DAR if quantity.startswith("dar") else ""
            yield f"No {LABELS[quantity]}{why}: {', '.join(names[:NAMED])}{more}."


def _without(data: pd.DataFrame, quantity: str) -> list[str]:
    """Return the conditions, with the variants unless it is all of them, that lack a quantity and have another."""
    networks = data[["condition", "variant"]].drop_duplicates()
    there = data.loc[data["quantity"] == quantity, ["condition", "variant"]].drop_duplicates()
    marked = networks.merge(there, how="left", indicator=True)
    found = []
    for condition, rows in marked.groupby("condition", observed=True, sort=True):
        absent = rows.loc[rows["_merge"] == "left_only", "variant"]
        if len(absent) == len(rows):
            found.append(str(condition))
        elif len(absent):
            found.append(f"{condition} ({', '.join(absent.astype(str))})")
    return found


def _rows(
    data: pd.DataFrame, shown: list[str], appearance: dict[str, Look], grid: Grid
) -> list[tuple[str, list[str]]]:
    """Return the blocks of rows: (condition, its variants); the average's is the last, where there is one."""
    blocks = []
    for condition in labels_of(data["condition"]):
        there = set(data.loc[data["condition"] == condition, "variant"])
        if there:
            blocks.append((condition, [label for label in appearance if label in there]))
    means = [averaged(data[data["quantity"] == quantity], grid) for quantity in shown]
    counts = [part["condition"].nunique() for part in means if len(part)]
    if counts and max(counts) > 1:
        there = {label for part in means for label in part["variant"]}
        blocks.append((average_over(counts), [label for label in appearance if label in there]))
    return blocks


def average_over(counts: Sequence[int]) -> str:
    """Return "average over 4 conditions"; of quantities that differ in it "average over 2 to 4 conditions"."""
    low, high = min(counts), max(counts)
    return f"{AVERAGE} over {high if low == high else f'{low} to {high}'} condition{'s' if high > 1 else ''}"


def _arrange(
    data: pd.DataFrame, shown: list[str], appearance: dict[str, Look], grid: Grid, width: float, columns: int
) -> str:
    blocks = _rows(data, shown, appearance, grid)
    lines = sum(len(variants) + 1.6 for _, variants in blocks)
    panel = LINE * lines
    rows = -(-len(shown) // columns)
    height = rows * (TOP + panel + BOTTOM)
    figure = Figure(figsize=(width, height))
    inner = (width - LEFT - 0.15 - (columns - 1) * 0.3) / columns
    for place, quantity in enumerate(shown):
        row, column = divmod(place, columns)
        x, y = LEFT + column * (inner + 0.3), height - row * (TOP + panel + BOTTOM) - TOP - panel
        axes = figure.add_axes((x / width, y / height, inner / width, panel / height))
        axes.set_title(LABELS[quantity], loc="left")
        here = data[data["quantity"] == quantity]
        _panel(axes, here, averaged(here, grid), blocks, appearance, inner, first=column == 0)
        axes.set_ylim(lines - 0.2, 0.0)
    return svg(figure)


def _panel(
    axes: Axes,
    data: pd.DataFrame,
    means: pd.DataFrame,
    blocks: list[tuple[str, list[str]]],
    appearance: dict[str, Look],
    inner: float,
    first: bool,
) -> None:
    edge = -(LEFT - 0.05) / inner
    ticks, names, line = [], [], 0.0
    for heading, variants in blocks:
        if first:
            axes.text(
                edge, line + 0.75, heading, transform=axes.get_yaxis_transform(), fontweight="bold", va="center"
            )
        line += 1.6
        for variant in variants:
            ticks.append(line)
            names.append(variant if first else "")
            average = heading.startswith(f"{AVERAGE} over ")
            rows = means if average else data[data["condition"] == heading]
            values = rows.loc[rows["variant"] == variant, "value"].to_numpy()
            _mark(axes, values, line, appearance[variant], seeds=not average)
            line += 1.0
    axes.set_yticks(ticks, names, color=INK)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.05)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))


def _mark(axes: Axes, values: np.ndarray, line: float, look: Look, seeds: bool) -> None:
    middle = interval(values)
    if not middle.n:
        return
    if seeds:
        if middle.n > 1:
            ends = [middle.mean - middle.sd, middle.mean + middle.sd]
            axes.plot(ends, [line, line], color=look.colour, linewidth=1.6, zorder=2)
        axes.plot(values, [line + 0.3] * middle.n, "o", color=look.colour, markersize=2.4, markeredgewidth=0.0)
    axes.plot([middle.mean], [line], look.marker, color=look.colour, markersize=5.0, markeredgewidth=0.0, zorder=4)
