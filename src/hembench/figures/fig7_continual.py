"""Figure 7 of the paper: final accuracy of continual learning, on four benchmarks with five strategies."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pandas as pd

from hembench.figures._grouped import Grouped, Place, draw_groups
from hembench.figures._paper import Grid
from hembench.figures._style import Drawing
from hembench.stats.sixteen import SIXTEEN

TITLE = "Final accuracy of continual learning (the paper's figure 7)"
CAPTION = (
    "Accuracy after the last of five episodes, each episode weighing the same. Beside each strategy its "
    "incremental type, whose numbers can't be compared with those of another: class (one head tells all classes"
    " apart), domain (the same classes in every episode), task (the episode is known in the test). The paper "
    "shows CE and HEM on four benchmarks, and all losses for the average over 16 pairs of benchmark and "
    "strategy, which it does not name: these are guess {sixteen} (docs/decisions.md)."
)
LOSSES = ("ce", "ln", "dice", "mm", "hem")


def draw(metrics: pd.DataFrame, conditions: pd.DataFrame, pairs: pd.DataFrame) -> Drawing:
    """Draw the figure for the conditions that there are.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        conditions: what the plan knows of the conditions: condition, paper, long_tailed.
        pairs: of those that learn in episodes: condition, strategy, incremental, sixteen (the paper's, by guess).

    Returns:
        The drawing; its caption says what is missing and which networks diverged, its data has one row per
        network, with strategy and incremental type, and one per bar of the average.
    """
    sixteen = str(pairs["sixteen"].iloc[0]) if len(pairs) else "A"
    what = Grouped(
        grid=Grid(SIXTEEN[sixteen], False, LOSSES), quantity="final_accuracy", shown=("ce", "hem"), best=False
    )
    groups = _groups(metrics, conditions, pairs)
    drawing = draw_groups(metrics, conditions, what, TITLE, CAPTION.format(sixteen=sixteen), groups)
    names = drawing.data["condition"].astype(str)
    known = pairs.astype({"condition": "str"}).set_index("condition")
    added = {column: names.map(known[column]).fillna("") for column in ("strategy", "incremental")}
    return replace(drawing, data=drawing.data.assign(**added))


def _groups(metrics: pd.DataFrame, conditions: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, Place]:
    """Return by condition its group, with its incremental type beside it.

    A group has the strategy's name: as the paper has it, or its label. Where a benchmark has that more than once,
    learnt with other settings, a group has the name of its condition.
    """
    papers = dict(zip(conditions["condition"].astype(str), conditions["paper"], strict=True))
    benchmarks = metrics.astype({"condition": "str"}).groupby("condition")["dataset"].first().astype(str)
    found, used = {}, Counter[tuple[str, str]]()
    for one in pairs.itertuples():
        name = str(one.condition)
        benchmark = benchmarks.get(name, "")
        _, _, of_paper = str(papers.get(name, "")).partition("-")
        found[name] = (benchmark, of_paper or str(one.strategy), str(one.incremental))
        used[found[name][:2]] += 1
    return {
        name: Place(name.removeprefix(f"{benchmark}-") if used[benchmark, group] > 1 else group, incremental)
        for name, (benchmark, group, incremental) in found.items()
    }
