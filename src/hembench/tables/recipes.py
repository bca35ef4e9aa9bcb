"""One network and data-set trained by several recipes (B.3 of the paper), beside what the paper measured."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from hembench.stats.across import across
from hembench.stats.interval import Interval, t_interval
from hembench.stats.quantities import CELL, QUANTITIES, per_cell
from hembench.tables._summarise import VALUES, described, summarise

TITLE = "Recipes compared"
CAPTION = (
    "A network trained on the same data by several recipes: mean ± standard deviation over seeds, in per cent, "
    "then the difference of the means to the paper's recipe (else to the first), in points, and its 95 % "
    "interval (Welch: trainings by different recipes share no draw, so there are no pairs). Where the paper has "
    "a number (WRN22-10 on CIFAR10 with HEM at learning rates 0.1 and 0.05, B.3) it stands beside, with the "
    "band in which the mean of five more trainings of ours would lie (95 %, by the spread of these seeds): what "
    "the paper has outside of it was measured under other circumstances. The paper's corruptions are 18 of the "
    "19 that count here; which one it left out is not known."
)
ROWS = ["variant", "what"]
COLUMNS = ["label"]
RUNS = 5
"""Trainings behind a number of the paper's."""

PAPER: dict[tuple[str, str, str], dict[str, float]] = {
    ("cifar10-wrn22_10", "hem", "cifar10"): {
        "clean_accuracy": 94.73,
        "corruption_accuracy": 75.08,
        "auroc_msp": 96.16,
        "dar_msp": 5.91,
    },
    ("cifar10-wrn22_10", "hem", "cifar10_half_rate"): {
        "clean_accuracy": 95.32,
        "corruption_accuracy": 75.41,
        "auroc_msp": 96.56,
        "dar_msp": 6.34,
    },
}
"""B.3: condition of the paper, variant, recipe -> per cent by quantity."""


def tabulate(metrics: pd.DataFrame, conditions: pd.DataFrame) -> pd.DataFrame:
    """Return the headline quantities of each network and data-set that a study trains by more than one recipe.

    Args:
        metrics: the tidy metrics of a study.
        conditions: what the plan knows of them: condition, paper (which of the paper's it is, or "").

    Returns:
        condition (that of the recipe to which others are compared), dataset, network, recipe, variant,
        loss, what (a recipe, a difference, the paper's number, an end of an interval), quantity, label, better,
        and mean, sd, n, low, high (95 %: t interval of a mean, Welch's of a difference, our band beside a number
        of the paper's), images; mean to high in per cent or points.
    """
    metrics = metrics[metrics["kind"] != "episodes"]
    papers = dict(zip(conditions["condition"].astype(str), conditions["paper"], strict=True))
    compared = _compared(metrics, papers)
    papers = {name: papers.get(reference, "") for name, reference in compared.items()}
    parts = []
    for place, (quantity, words) in enumerate(QUANTITIES.items()):
        cells = per_cell(metrics, quantity)
        cells = cells[cells["condition"].isin(compared)]
        own = summarise(cells, CELL)
        own = own.assign(what=own["recipe"].astype(str), rank=0)
        for part in (own, *_differences(own, compared), *_of_paper(own, quantity, papers)):
            parts.append(part.assign(quantity=quantity, label=words["label"], order=place))
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    order = table["condition"].cat.categories
    table["condition"] = pd.Categorical(table["condition"].astype(str).map(compared), order, ordered=True)
    table = table.sort_values(
        ["condition", "variant", "rank", "recipe", "order"], kind="stable", ignore_index=True
    )
    table = table.assign(better="neither")[[*CELL, "what", "quantity", "label", "better", *VALUES]]
    return described(table, TITLE, CAPTION, ROWS, COLUMNS)


def _compared(metrics: pd.DataFrame, papers: dict[str, str]) -> dict[str, str]:
    """Return condition -> the condition that it is compared to, itself one of them, where there are several."""
    found: dict[str, str] = {}
    known = metrics[["condition", "dataset", "network"]].drop_duplicates().sort_values("condition", kind="stable")
    for _, same in known.groupby(["dataset", "network"], observed=True):
        names = [str(name) for name in same["condition"]]
        reference = next((name for name in names if papers.get(name)), names[0])
        found |= dict.fromkeys(names, reference) if len(names) > 1 else {}
    return found


def _differences(own: pd.DataFrame, compared: dict[str, str]) -> list[pd.DataFrame]:
    """Return each recipe's mean less that which it is compared to, and both ends of the interval."""
    names = own["condition"].astype(str)
    own = own.assign(reference=names.map(compared))
    first = own[names == own["reference"]][["reference", "variant", "recipe", *VALUES]]
    pairs = own[names != own["reference"]].merge(first, on=["reference", "variant"], suffixes=("", "_first"))
    what = pairs["recipe"].astype(str) + " less " + pairs["recipe_first"].astype(str)
    columns = ["mean", "sd", "n", "mean_first", "sd_first", "n_first"]
    ends = [_welch(*row) for row in pairs[columns].to_numpy(dtype=np.float64)]
    low, high = [low for low, _ in ends], [high for _, high in ends]
    less = pairs["mean"] - pairs["mean_first"]
    pairs = pairs.assign(mean=less, sd=np.nan, low=low, high=high, what=what, rank=2)
    for column in ("n", "images"):
        pairs[column] = pairs[[column, f"{column}_first"]].min(axis="columns")
    return [part[[*CELL, *VALUES, "what", "rank"]] for part in _with_ends(pairs, "{what}, {end}")]


def _welch(mean: float, sd: float, n: float, other: float, sd_other: float, n_other: float) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two means; NaN where there is but one value."""
    if min(n, n_other) < 2:
        return math.nan, math.nan
    values = ((mean, sd, n), (-other, sd_other, n_other))
    # the mean of a and -b is half of what is asked for
    half = across([Interval(middle, spread, int(count), math.nan, math.nan) for middle, spread, count in values])
    return 2 * half.low, 2 * half.high


def _with_ends(rows: pd.DataFrame, words: str) -> list[pd.DataFrame]:
    """Return the rows, and each once more with the lower and the upper end of its interval as its number."""
    found = [rows]
    for end, column in (("from", "low"), ("to", "high")):
        named = [words.format(what=what, end=end) for what in rows["what"]]
        bound = rows.assign(mean=rows[column], what=named, low=np.nan, high=np.nan)
        found.append(bound.dropna(subset=["mean"]))
    return found


def _of_paper(own: pd.DataFrame, quantity: str, papers: dict[str, str]) -> list[pd.DataFrame]:
    """Return the paper's numbers beside ours, and both ends of the band for a mean of as many trainings as its."""
    names = own["condition"].astype(str).map(papers)
    keys = zip(names, own["variant"].astype(str), own["recipe"].astype(str), strict=True)
    numbers = np.array([PAPER.get(key, {}).get(quantity, np.nan) for key in keys], dtype=np.float64)
    own = own.assign(paper=numbers)[~np.isnan(numbers)]
    low, high = t_interval(own["mean"], own["sd"] * np.sqrt(1 + own["n"] / RUNS), own["n"])
    what = "paper, " + own["recipe"].astype(str)
    beside = own.assign(mean=own["paper"], sd=np.nan, n=RUNS, low=low, high=high, what=what, rank=1)
    return _with_ends(beside.drop(columns="paper"), "{what}: band {end}")
