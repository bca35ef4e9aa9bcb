"""One look for all figures: colours, markers, fonts, and svg with the same bytes for the same numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from hembench.figures._colours import COLOURS, FAINT, GRID, INK

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
"""Markers of the variants by position: what colour says, shape says too."""

WIDE, NARROW = 8.6, 3.6
"""Widths in inches: a page, and a phone. A narrow figure is drawn anew, not shrunk."""


@dataclass(frozen=True)
class Look:
    """How a variant is drawn."""

    colour: str
    marker: str


@dataclass(frozen=True)
class Drawing:
    """A figure for people.

    Attributes:
        title: heading.
        caption: what is shown, how dots and bars are to be read, direction.
        wide: svg text for a page.
        narrow: svg text for a phone.
        data: the numbers behind it, tidy.
    """

    title: str
    caption: str
    wide: str
    narrow: str
    data: pd.DataFrame


def looks(variants: list[str]) -> dict[str, Look]:
    """Return the look of each variant by its position in the study's order; the ninth repeats the first colour."""
    number = len(COLOURS)
    return {
        label: Look(COLOURS[place % number], MARKERS[(place + place // number) % len(MARKERS)])
        for place, label in enumerate(variants)
    }


def labels_of(column: pd.Series) -> list[str]:
    """Return the labels of a column in the study's order: its categories, or else in order of appearance."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [str(label) for label in column.cat.categories]
    return [str(label) for label in column.drop_duplicates()]


def label_of(loss: str, rows: pd.DataFrame) -> str | None:
    """Return the label that stands for a loss: its own name where a variant of it has that, else the first.

    Args:
        loss: name of a loss.
        rows: any tidy frame; the categories of variant are the study's order.
    """
    mine = set(rows.loc[rows["loss"] == loss, "variant"].astype(str))
    return loss if loss in mine else next((label for label in labels_of(rows["variant"]) if label in mine), None)


@contextmanager
def style() -> Iterator[None]:
    """Draw in the project's style: from matplotlib's own defaults, whatever the user's settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "svg.fonttype": "none",  # text stays text: it can be searched, read aloud, and turns light on dark
                "svg.hashsalt": "hembench",
                "font.family": ["DejaVu Sans"],
                "font.size": 8.0,
                "axes.titlesize": 8.5,
                "axes.titleweight": "bold",
                "axes.labelsize": 8.0,
                "xtick.labelsize": 7.5,
                "ytick.labelsize": 8.0,
                "axes.edgecolor": GRID,
                "axes.labelcolor": FAINT,
                "axes.titlecolor": INK,
                "text.color": INK,
                "xtick.color": FAINT,
                "ytick.color": FAINT,
                "axes.grid": True,
                "axes.axisbelow": True,
                "grid.color": GRID,
                "grid.linewidth": 0.6,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "xtick.major.size": 0.0,
                "ytick.major.size": 0.0,
                "figure.facecolor": "none",
                "axes.facecolor": "none",
                "savefig.facecolor": "none",
                "legend.frameon": False,
            }
        )
        yield


def svg(figure: Figure) -> str:
    """Return the figure as svg text without dates, places rounded to a hundredth of a point."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return re.sub(r' (?:d|x|y|transform)="[^"]*"', _rounded, stream.getvalue())


def _rounded(attribute: re.Match[str]) -> str:
    return re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", attribute[0])


def empty(words: str, width: float) -> str:
    """Return an svg that says in words why there is nothing to draw."""
    with style():
        figure = Figure(figsize=(width, 0.6))
        figure.text(0.5, 0.5, words, ha="center", va="center", color=FAINT)
        return svg(figure)
