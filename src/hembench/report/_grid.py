"""From a tidy table to blocks of rows and columns, one block for each condition."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from hembench.report.content import ReportTable

ARROWS = {"larger": "↑", "smaller": "↓"}


@dataclass(frozen=True)
class Head:
    """A heading that spans cells.

    Attributes:
        text: what it says.
        span: cells.
        better: the direction that all of them have, else "".
        images: how many images are behind the numbers of a column; "" elsewhere.
    """

    text: str
    span: int
    better: str = ""
    images: str = ""

    @property
    def arrow(self) -> str:
        """An arrow in the better direction; empty where there is none."""
        return ARROWS.get(self.better, "")


@dataclass(frozen=True)
class Cell:
    """A number in words. ``best``: the best mean of its column (and group of rows)."""

    mean: str
    spread: str = ""
    best: bool = False


@dataclass(frozen=True)
class Row:
    """A row: its headings (only those that begin in it) and its cells; ``variant`` if the last heading is one."""

    heads: list[Head]
    cells: list[Cell]
    variant: str = ""


@dataclass(frozen=True)
class Block:
    """The rows of one condition. ``corner``: headings of the row headings; ``header``: rows of column headings."""

    condition: str
    words: str
    corner: list[str] = field(default_factory=list)
    header: list[list[Head]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def blocks(table: ReportTable) -> list[Block]:
    """Return one block per condition in the frame's order."""
    frame = table.frame
    order = list(dict.fromkeys(str(name) for name in frame["condition"]))
    columns = _ordered(_merged(_column_keys(table)))
    return [_block(table, name, frame[frame["condition"] == name], columns) for name in order]


def _column_keys(table: ReportTable) -> list[list[tuple[str, ...]]]:
    """Return the keys of the columns that each row of each block has, in the frame's order."""
    found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for row in table.frame.to_dict("records"):
        found.setdefault(_key(row, ("condition", *table.rows)), []).append(_key(row, table.columns))
    return list(found.values())


def _merged(sequences: list[list[tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """Return all keys once: one that the sequences before lack comes right after the one before it in its own.

    So a column that the first row or block has no number for does not end up last.
    """
    merged: list[tuple[str, ...]] = []
    for sequence in dict.fromkeys(tuple(keys) for keys in sequences):
        place = 0
        for key in sequence:
            if key in merged:
                place = merged.index(key) + 1
            else:
                merged.insert(place, key)
                place += 1
    return merged


def _block(table: ReportTable, condition: str, frame: pd.DataFrame, columns: list[tuple[str, ...]]) -> Block:
    numbers = {(_key(row, table.rows), _key(row, table.columns)): row for row in frame.to_dict("records")}
    row_keys = list(dict.fromkeys(row for row, _ in numbers))
    there = {column for _, column in numbers}
    column_keys = [column for column in columns if column in there]
    row_keys = _ordered(row_keys)
    better = {column: row["better"] for (_, column), row in numbers.items()}
    best = _best(numbers)
    rows = []
    for place, key in enumerate(row_keys):
        cells = [
            _cell(numbers.get((key, column)), table.show, best=(key, column) in best) for column in column_keys
        ]
        variant = key[-1] if table.rows[-1] == "variant" else ""
        rows.append(Row(_row_heads(row_keys, place), cells, variant))
    images = {key: span_of(_images(frame, table.columns, key)) for key in column_keys}
    header = [_column_heads(column_keys, level, better, images) for level in range(len(table.columns))]
    corner = ["loss" if name == "variant" else name for name in table.rows]
    return Block(condition, _words(frame), corner, header, rows)


def _key(row: dict[Any, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in names)


def _ordered(keys: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return keys with equal beginnings together, levels in order of their first appearance."""
    if not keys:
        return keys
    ranks = [
        {text: place for place, text in enumerate(dict.fromkeys(key[level] for key in keys))}
        for level in range(len(keys[0]))
    ]
    return sorted(keys, key=lambda key: [rank[text] for rank, text in zip(ranks, key, strict=True)])


def _row_heads(keys: list[tuple[str, ...]], place: int) -> list[Head]:
    """Return the headings that begin in a row: those of which the row before has another value."""
    heads = []
    for level in range(len(keys[place])):
        start = keys[place][: level + 1]
        if place == 0 or keys[place - 1][: level + 1] != start:
            span = sum(key[: level + 1] == start for key in keys)
            heads.append(Head(start[-1], span))
    return heads


def _images(frame: pd.DataFrame, columns: tuple[str, ...], key: tuple[str, ...]) -> list[int]:
    """Return the numbers of images behind the rows of a column."""
    chosen = [row["images"] for row in frame.to_dict("records") if _key(row, columns) == key]
    return [int(count) for count in chosen]


def _column_heads(
    keys: list[tuple[str, ...]],
    level: int,
    better: dict[tuple[str, ...], str],
    images: dict[tuple[str, ...], str],
) -> list[Head]:
    heads = []
    for start, members in groupby(keys, key=lambda key: key[: level + 1]):
        group = list(members)
        directions = {better[key] for key in group}
        shared = directions.pop() if level == 0 and len(directions) == 1 else ""
        behind = images[group[0]] if len(start) == len(group[0]) else ""
        heads.append(Head(start[-1], len(group), shared, behind))
    return heads


def _best(
    numbers: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[Any, Any]],
) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return where the best means are, of each column and group of rows, as far as two decimals tell."""
    found = set()
    groups: dict[tuple[Any, ...], list[tuple[tuple[str, ...], float, str]]] = {}
    for (row, column), number in numbers.items():
        if not math.isnan(number["mean"]):
            groups.setdefault((row[:-1], column), []).append((row, round(number["mean"], 2), number["better"]))
    for (_, column), members in groups.items():
        direction = members[0][2]
        if direction not in ARROWS or len({mean for _, mean, _ in members}) < 2:
            continue
        top = (max if direction == "larger" else min)(mean for _, mean, _ in members)
        found |= {(row, column) for row, mean, _ in members if mean == top}
    return found


def _cell(number: dict[Any, Any] | None, show: str, best: bool) -> Cell:
    if number is None or math.isnan(number["mean"]):
        return Cell("–")
    if show == "interval":
        mean = _signed(number["mean"])
        if math.isnan(number["low"]):
            return Cell(mean)
        return Cell(mean, f"[{_signed(number['low'])}, {_signed(number['high'])}]")
    spread = "" if math.isnan(number["sd"]) else f"± {number['sd']:.2f}"
    return Cell(f"{number['mean']:.2f}".replace("-", "−"), spread, best)


def _signed(value: float) -> str:
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0.0 else text.replace("-", "−")


def _words(frame: pd.DataFrame) -> str:
    """Say how many seeds and images stand behind the numbers of a block."""
    return f"{counted(frame['n'], 'seed')}; {counted(frame['images'], 'image')} behind a number"


def counted(counts: Any, noun: str) -> str:
    """Return counts with their noun: ``3 seeds``, ``1 seed``, ``2 to 3 seeds``."""
    return f"{span_of(counts)} {noun}{'' if max(counts) == 1 else 's'}"


def span_of(counts: Any) -> str:
    """Return counts in words: ``3``, ``2 to 3``."""
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
