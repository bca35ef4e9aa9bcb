"""Figures 7 and 8 of the paper: a panel of grouped bars for each data-set, then all losses on average."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hembench.figures._colours import FAINT, GRID, INK
from hembench.figures._paper import Grid, averaged, lacking, part_of
from hembench.figures._style import NARROW, WIDE, Drawing, Look, empty, labels_of, looks, style, svg
from hembench.stats.interval import interval
from hembench.stats.quantities import CELL, QUANTITIES, per_cell

BAR, HEADING, TOP, BOTTOM = 0.18, 0.24, 0.3, 0.42
"""Inches: a row with a bar, one with the name of a group, a panel's title, its tick labels."""

LEFT, GAP = 1.35, 0.25
"""Inches: the names of variants; between panels."""

ALL = "all losses"
"""Title of the last panel."""

COLUMNS = [*CELL, "paper", "seed", "value", "images", "collapsed"]
"""Of the drawing's data."""

HOW_TO_READ = (
    "Bars: mean over seeds, in per cent, larger is better; lines: ± one standard deviation (none for one seed); "
    "dots: one of several seeds each. Last panel: mean of the conditions' means, for variants that all of them "
    "have{best}."
)
BEST = (
    "; behind it in grey, the mean over data-sets of the same with the network that suits the variant best there"
)


@dataclass(frozen=True)
class Place:
    """Where the bars of a condition stand.

    Attributes:
        group: name of their group.
        note: a word beside them.
        part: of the group, where it has several; its name stands at the first.
    """

    group: str
    note: str = ""
    part: str = ""


@dataclass(frozen=True)
class Grouped:
    """What of the paper a figure shows.

    Attributes:
        grid: its conditions and losses.
        quantity: a key of ``QUANTITIES``.
        shown: losses with bars in the panels; all variants of them have one.
        best: whether the last panel also shows each variant with its best network of each data-set.
    """

    grid: Grid
    quantity: str
    shown: tuple[str, ...]
    best: bool


def draw_groups(
    metrics: pd.DataFrame,
    conditions: pd.DataFrame,
    what: Grouped,
    title: str,
    caption: str,
    places: Mapping[str, Place],
) -> Drawing:
    """Draw a panel for each data-set (benchmark) with a group of bars for each network (strategy), and all losses.

    Args:
        metrics: the tidy metrics of a study; the categories of condition and variant are the study's order.
        conditions: what the plan knows of the conditions: condition, paper, long_tailed, stands.
        what: the part of the paper that it shows.
        title: heading.
        caption: what the paper shows; what is missing here is added.
        places: by condition where its bars stand.

    Returns:
        The drawing. Its data has ``COLUMNS``, a row for each network that was trained: value in per cent (NaN: it
        diverged), collapsed (whether it sees one class everywhere); and a row without seed for each bar of the
        last panel: condition ("average" or "best"), variant, loss, value, and conditions, how many are averaged.
    """
    data = _cells(metrics, conditions, what)
    means = _averages(data, what)
    there = data.dropna(subset="value")
    how = HOW_TO_READ.format(best=BEST if what.best and _has_choice(data, what) else "")
    said = " ".join([caption, how, *lacking(there.assign(quantity=what.quantity), [what.quantity], what.grid)])
    said = " ".join([said, *_failed(data)])
    both = data[COLUMNS].astype({"condition": "str"})
    both = pd.concat([part for part in (both, means) if len(part)] or [both])
    if there.empty:
        nothing = f"not measured: {QUANTITIES[what.quantity]['label']}"
        return Drawing(title, said, empty(nothing, WIDE), empty(nothing, NARROW), both)
    appearance = looks(labels_of(metrics["variant"]))
    each = [places[name] for name in data["condition"].astype(str)]
    placed = data.assign(
        group=[one.group for one in each], part=[one.part for one in each], note=[one.note for one in each]
    )
    with style():
        panels = list(dict.fromkeys(there.sort_values("condition", kind="stable")["dataset"].astype(str)))
        wide = _Page(placed, means, what, appearance, panels, WIDE, min(4, len(panels) + 1)).draw()
        narrow = _Page(placed, means, what, appearance, panels, NARROW, 1).draw()
    return Drawing(title, said, wide, narrow, both)


def _cells(metrics: pd.DataFrame, conditions: pd.DataFrame, what: Grouped) -> pd.DataFrame:
    """Return the figure's numbers, one for each network, also those that diverged."""
    wanted = QUANTITIES[what.quantity]
    rows = metrics[(metrics["metric"] == wanted["metric"]) & (metrics["kind"] == wanted["kind"])]
    trained = rows[[*CELL, "seed"]].drop_duplicates()
    data = trained.merge(per_cell(metrics, what.quantity), on=[*CELL, "seed"], how="left")
    failed = metrics[(metrics["metric"] == "collapsed") & (metrics["value"] == 1.0)][[*CELL, "seed"]]
    data = data.merge(failed.assign(collapsed=True), on=[*CELL, "seed"], how="left")
    data = part_of(data, conditions, what.grid)
    data = data.assign(value=100.0 * data["value"].astype("float64"), collapsed=data["collapsed"].notna())
    return data.sort_values([*CELL, "seed"], kind="stable", ignore_index=True)[[*COLUMNS, "stands"]]


def _averages(data: pd.DataFrame, what: Grouped) -> pd.DataFrame:
    """Return the bars of the last panel: condition ("average", "best"), variant, loss, value."""
    each = averaged(data.dropna(subset="value"), what.grid)
    datasets = (
        each["condition"]
        .astype(str)
        .map(data.astype({"condition": "str"}).groupby("condition")["dataset"].first())
    )
    each = each.assign(dataset=datasets.astype(str))
    parts = {"average": each.groupby("variant", observed=True)["value"].mean()}
    if what.best:
        best = each.groupby(["variant", "dataset"], observed=True)["value"].max()
        parts["best"] = best.groupby("variant", observed=True).mean()
    losses = data.drop_duplicates("variant").set_index("variant")["loss"]
    bars = [part.rename("value").reset_index().assign(condition=name) for name, part in parts.items()]
    found = pd.concat(bars, ignore_index=True)
    return found.assign(loss=found["variant"].map(losses).astype(str), conditions=each["condition"].nunique())


def _counting(data: pd.DataFrame, what: Grouped) -> list[str]:
    """Return the names of the conditions that are averaged."""
    each = averaged(data.dropna(subset="value"), what.grid)
    return list(dict.fromkeys(each["condition"].astype(str)))


def _has_choice(data: pd.DataFrame, what: Grouped) -> bool:
    """Tell whether a data-set has more than one network that counts, so that one of them is the best."""
    counting = data[data["condition"].isin(_counting(data, what))]
    return bool(counting.drop_duplicates("condition")["dataset"].astype(str).duplicated().any())


def _failed(data: pd.DataFrame) -> Iterator[str]:
    """Say which networks see one class everywhere (a cross in the figure), and which gave no numbers."""
    for words, rows in (
        ("Collapsed, one class in every pixel (crosses)", data[data["collapsed"]]),
        ("Diverged, so in no mean (crosses at the left)", data[data["value"].isna()]),
    ):
        if len(rows):
            names = [f"{one.condition} {one.variant} s{one.seed}" for one in rows.itertuples()]
            yield f"{words}: {', '.join(names)}."


@dataclass(frozen=True)
class _Page:
    """The figure at one width, in inches."""

    data: pd.DataFrame
    means: pd.DataFrame
    what: Grouped
    appearance: dict[str, Look]
    panels: list[str]
    width: float
    columns: int

    def draw(self) -> str:
        """Return the svg."""
        bars = self._bars()
        groups = self._grouped()
        averages = [label for label in self.appearance if (self.means["variant"] == label).any()]
        talls = [len(groups) * (HEADING + len(bars) * BAR) + 0.1] * len(self.panels)
        talls += [HEADING + len(averages) * BAR * 1.2] if averages else []
        rows = [talls[start : start + self.columns] for start in range(0, len(talls), self.columns)]
        height = sum(TOP + max(row) + BOTTOM for row in rows)
        figure, upper = Figure(figsize=(self.width, height)), height
        inner = (self.width - LEFT - (self.columns - 1) * GAP - LEFT * (self.columns > 1) - 0.12) / self.columns
        for start, row in zip(range(0, len(talls), self.columns), rows, strict=True):
            for column, tall in enumerate(row):
                last = start + column == len(self.panels)
                x = LEFT + column * (inner + GAP) + LEFT * (last and column > 0)
                box = (x / self.width, (upper - TOP - tall) / height, inner / self.width, tall / height)
                axes = figure.add_axes(box)
                axes.set_ylim(tall, 0.0)
                if last:
                    self._averages(axes, averages, inner)
                else:
                    self._groups(axes, self.panels[start + column], groups, bars, inner if column == 0 else None)
                _finish(axes)
            upper -= TOP + max(row) + BOTTOM
        return svg(figure)

    def _grouped(self) -> list[tuple[str, str]]:
        """Return name and part of the groups, the parts of each one after another."""
        found = list(dict.fromkeys(zip(self.data["group"], self.data["part"], strict=True)))
        names = list(dict.fromkeys(name for name, _ in found))
        return sorted(found, key=lambda group: names.index(group[0]))

    def _bars(self) -> list[str]:
        """Return the variants with bars in the panels: of the paper's losses there, or all without these."""
        losses = self.data.drop_duplicates("variant").astype({"variant": "str"}).set_index("variant")["loss"]
        shown = [label for label in self.appearance if losses.get(label) in self.what.shown]
        return shown or [label for label in self.appearance if label in losses.index]

    def _groups(
        self, axes: Axes, panel: str, groups: list[tuple[str, str]], bars: list[str], named: float | None
    ) -> None:
        """Draw a data-set's bars; ``named``: the width of the panel in inches, where names stand at its left."""
        axes.set_title(panel, loc="left")
        mine = self.data[self.data["dataset"].astype(str) == panel]
        ticks, line, last = [], 0.0, ""
        for group in groups:
            there = mine[(mine["group"] == group[0]) & (mine["part"] == group[1])]
            if named is not None and group[0] != last:
                _heading(axes, group[0], line, named)
            last = group[0]
            for note in there["note"].unique():
                place = (0.98, line + HEADING / 2 + 0.02)
                axes.text(*place, note, transform=axes.get_yaxis_transform(), color=FAINT, ha="right", va="center")
            if there.empty:
                place = (0.02, line + HEADING + len(bars) * BAR / 2)
                axes.text(*place, "not here", transform=axes.get_yaxis_transform(), color=FAINT, va="center")
            line += HEADING
            for variant in bars:
                ticks.append(line + BAR / 2)
                rows = there[there["variant"].astype(str) == variant]
                _bar(axes, rows, line + BAR / 2, self.appearance[variant].colour)
                line += BAR
        axes.set_yticks(ticks, bars * len(groups) if named is not None else [""] * len(ticks), color=INK)

    def _averages(self, axes: Axes, averages: list[str], inner: float) -> None:
        count, step = int(self.means["conditions"].max()), BAR * 1.2
        axes.set_title(ALL, loc="left")
        several = self.what.best and _has_choice(self.data, self.what)
        counting = _counting(self.data, self.what)
        _heading(axes, f"mean of {count} conditions" if count > 1 else counting[0], 0.0, inner)
        lines = [HEADING + (place + 0.5) * step for place in range(len(averages))]
        for line, variant in zip(lines, averages, strict=True):
            mine = self.means[self.means["variant"].astype(str) == variant].set_index("condition")["value"]
            colour = self.appearance[variant].colour
            if several:
                axes.barh(line, mine["best"], step * 0.9, color=GRID, zorder=1)
            if count > 1:
                axes.barh(line, mine["average"], step * 0.5, color=colour, zorder=2)
            else:
                chosen = self.data["condition"].isin(counting)
                _bar(axes, self.data[chosen & (self.data["variant"].astype(str) == variant)], line, colour)
        axes.set_yticks(lines, averages, color=INK)


def _heading(axes: Axes, words: str, line: float, inner: float) -> None:
    place = (-(LEFT - 0.05) / inner, line + HEADING / 2 + 0.02)
    axes.text(*place, words, transform=axes.get_yaxis_transform(), fontweight="bold", va="center")


def _bar(axes: Axes, rows: pd.DataFrame, line: float, colour: str) -> None:
    """Draw mean, ± one standard deviation and each seed of a variant; crosses for networks that failed."""
    middle = interval(rows["value"].to_numpy())
    if middle.n:
        axes.barh(line, middle.mean, BAR * 0.84, color=colour, zorder=2)
    if middle.n > 1:
        ends = [max(0.0, middle.mean - middle.sd), middle.mean + middle.sd]
        axes.plot(ends, [line - 0.2 * BAR] * 2, color=INK, linewidth=0.9, zorder=4)
    failed = rows["collapsed"] | rows["value"].isna()
    if middle.n > 1:
        good = rows.loc[~failed, "value"].to_numpy()
        axes.plot(
            good, [line + 0.2 * BAR] * len(good), "o", color=INK, markersize=2.0, markeredgewidth=0.0, zorder=5
        )
    for value in rows.loc[failed, "value"]:
        known = value == value  # NaN: there is no number, the cross stands at the beginning
        transform = axes.transData if known else axes.get_yaxis_transform()
        place = value if known else 0.03
        axes.plot(
            [place], [line], "x", color=INK, transform=transform, markersize=4.5, markeredgewidth=1.1, zorder=5
        )


def _finish(axes: Axes) -> None:
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_xlim(left=0.0)
    axes.margins(x=0.04)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
