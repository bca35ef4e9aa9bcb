"""Accuracy on every episode's test images, before the training and after each episode."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from hembench.figures._colours import COLOURS, FAINT, INK
from hembench.figures._layout import Layout, blocks
from hembench.figures._style import NARROW, WIDE, Drawing, empty, labels_of, style, svg
from hembench.stats.quantities import CELL

TITLE = "What is known of each episode, and when"
CAPTION = (
    "A map for each condition and loss: a row for the network before the training and after each episode, a "
    "column for the test images of each episode; the accuracy in per cent, mean over seeds, is written and "
    "shaded. A frame: the episode that has just been learnt. Above the frames: not learnt yet; below: what is "
    "left of it. The name of a condition says its incremental type (class: one head tells all classes apart; "
    "domain: the same classes in every episode; task: the episode is known in the test), whose numbers can't be"
    " compared with those of another."
)
ROW = 0.19
"""Inches: height of a cell."""

DARKEST = 0.6
"""Opacity of a cell with all images right: what is written on it stays readable, on a dark page too."""

COLUMNS = [*CELL, "seed", "incremental", "after", "episode", "accuracy", "images"]


def draw(accuracies: pd.DataFrame) -> Drawing:
    """Draw a block for each condition that learns in episodes, a map for each variant.

    Args:
        accuracies: the tidy accuracies of a study; the categories of condition and variant are the study's order.

    Returns:
        The drawing; its data has ``COLUMNS``: after (so many episodes), episode (from 1), accuracy (per cent; NaN:
        the network diverged).
    """
    data = accuracies.rename(columns={"n": "images"})[COLUMNS]
    data = data.assign(accuracy=100.0 * data["accuracy"].astype("float64"))
    if data["accuracy"].isna().all():
        nothing = "nothing was measured that was learnt in episodes"
        return Drawing(TITLE, CAPTION, empty(nothing, WIDE), empty(nothing, NARROW), data)
    with style():
        wide, narrow = _arrange(data, WIDE, 5), _arrange(data, NARROW, 2)
    return Drawing(TITLE, " ".join([CAPTION, *_lost(data)]), wide, narrow, data)


def _lost(data: pd.DataFrame) -> list[str]:
    """Say which networks have no numbers from some episode on."""
    lost = data[data["accuracy"].isna()].drop_duplicates([*CELL, "seed"])
    names = [f"{one.condition} {one.variant} s{one.seed}" for one in lost.itertuples()]
    return [f"Diverged, from then on in no mean (–: none is left): {', '.join(names)}."] if names else []


def _arrange(data: pd.DataFrame, width: float, columns: int) -> str:
    conditions = [label for label in labels_of(data["condition"]) if (data["condition"] == label).any()]
    variants = [label for label in labels_of(data["variant"]) if (data["variant"] == label).any()]
    height = ROW * (int(data["after"].max()) + 1)
    layout = Layout(width, min(columns, len(variants)), height, left=0.55, between=0.12)
    figure, places = blocks(layout, conditions, {label: label for label in variants}, {})
    for place in places:
        rows = data[(data["condition"] == place.condition) & (data["variant"] == place.item)]
        if rows.empty:
            place.panel.remove()
            continue
        _map(place.panel, rows.groupby(["after", "episode"])["accuracy"].mean().unstack(), place.first)
    return svg(figure)


def _map(panel: Axes, table: pd.DataFrame, first: bool) -> None:
    """Draw accuracies in per cent: a row for so many episodes learnt, from 0, a column for each episode."""
    panel.set_xlim(0, len(table.columns))
    panel.set_ylim(len(table), 0)
    for (after, column), value in np.ndenumerate(table.to_numpy(dtype=np.float64)):
        known = value == value
        shade = DARKEST * value / 100.0 if known else 0.0
        panel.add_patch(
            Rectangle((column, after), 1, 1, facecolor=COLOURS[0], alpha=shade, linewidth=0, clip_on=False)
        )
        if after == column + 1:
            panel.add_patch(
                Rectangle((column, after), 1, 1, fill=False, edgecolor=INK, linewidth=0.9, zorder=3, clip_on=False)
            )
        words = f"{value:.0f}" if known else "–"
        panel.text(column + 0.5, after + 0.53, words, ha="center", va="center", color=INK, fontsize=7.0)
    panel.grid(visible=False)
    for spine in panel.spines.values():
        spine.set_visible(False)
    names = ["before", *(f"after {number}" for number in range(1, len(table)))]
    panel.set_yticks([place + 0.5 for place in range(len(table))], names if first else [""] * len(table))
    panel.set_xticks([place + 0.5 for place in range(len(table.columns))], [str(one) for one in table.columns])
    panel.tick_params(colors=FAINT, labelsize=7.5, pad=2)
