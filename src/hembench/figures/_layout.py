"""Small multiples: a block of panels for each condition, laid out in inches so that panels keep their size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hembench.figures._colours import FAINT
from hembench.figures._style import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BETWEEN, GAP, BLOCK_GAP = 0.22, 0.5, 0.92
"""Inches between columns, between rows of a block, and between blocks (room for an axis label and a heading)."""

CHARACTER = 0.093
"""Inches that a character of a heading takes, about."""

LEGEND_LINE = 0.2
"""Inches that a line of the legend takes."""


@dataclass(frozen=True)
class Layout:
    """How the panels of a figure are arranged; lengths in inches.

    Attributes:
        width: of the figure.
        columns: of panels.
        panel: height of a panel.
        left: room for the tick labels of the first column.
        legend_columns: entries on a line of the legend; 0: no legend.
        between: room between columns; the default has none for tick labels.
    """

    width: float
    columns: int
    panel: float
    left: float
    legend_columns: int = 0
    between: float = BETWEEN


@dataclass(frozen=True)
class Place:
    """One panel: what it shows, and whether it is the first of its row or the last of its column."""

    panel: Axes
    condition: str
    item: str
    first: bool
    last: bool


def blocks(
    layout: Layout, conditions: list[str], items: dict[str, str], appearance: dict[str, Look]
) -> tuple[Figure, Iterator[Place]]:
    """Return a figure with a titled block for each condition, and its panels, one for each item.

    Args:
        layout: the arrangement.
        conditions: headings of the blocks.
        items: what the panels of a block show -> their titles.
        appearance: the variants of the legend.
    """
    rows_each = -(-len(items) // layout.columns)
    lines = -(-len(appearance) // layout.legend_columns) if layout.legend_columns else 0
    top, bottom, right = LEGEND_LINE * lines + 0.55, 0.42, 0.1
    block = rows_each * layout.panel + (rows_each - 1) * GAP + BLOCK_GAP
    height = top + len(conditions) * block - BLOCK_GAP + bottom
    figure = Figure(figsize=(layout.width, height))
    inner = (layout.width - layout.left - right - (layout.columns - 1) * layout.between) / layout.columns
    if lines:
        _legend(figure, appearance, layout.legend_columns)

    def places() -> Iterator[Place]:
        for number, condition in enumerate(conditions):
            for index, (item, title) in enumerate(items.items()):
                row, column = divmod(index, layout.columns)
                upper = height - top - number * block - row * (layout.panel + GAP)
                x, y = layout.left + column * (inner + layout.between), upper - layout.panel
                box = (x / layout.width, y / height, inner / layout.width, layout.panel / height)
                panel = figure.add_axes(box)
                panel.set_title(title, loc="left", pad=4, fontweight="normal", color=FAINT)
                if index == 0:
                    y = (upper + 0.29) / height
                    heading = broken(condition, layout.width, CHARACTER)
                    figure.text(0.005, y, heading, fontsize=9.5, fontweight="bold", va="bottom")
                yield Place(panel, condition, item, column == 0, index + layout.columns >= len(items))

    return figure, places()


def broken(name: str, room: float, character: float) -> str:
    """Return a name in as many lines as it needs, broken behind hyphens.

    Args:
        name: of a condition.
        room: inches that a line has.
        character: inches that one takes.
    """
    lines = [""]
    for part in re.findall(r"[^-]+-?|-", name):
        if lines[-1] and len(lines[-1] + part) * character > room:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _legend(figure: Figure, appearance: dict[str, Look], columns: int) -> None:
    handles = [
        Line2D([], [], color=look.colour, marker=look.marker, markersize=4.5, markeredgewidth=0.0, linewidth=1.4)
        for look in appearance.values()
    ]
    figure.legend(
        handles,
        list(appearance),
        loc="upper left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=columns,
        borderaxespad=0.2,
        columnspacing=1.4,
        handlelength=1.8,
        handletextpad=0.5,
    )
