"""First causes in words: what an edit did, without what merely follows from it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from hembench.plan.difference import Change

SHOWN = 4
"""So many names of a list are written out."""


def lines(changes: Sequence[Change]) -> list[str]:
    """Return one line for each cause that a reader needs, in the order given; JSON has them all."""
    cells = {name: change for change in changes if (name := _cell(change))}
    new = [change.name.split()[1:] for change in changes if change.name.startswith("new: ")]  # plan --against
    known = [change for change in changes if not change.name.startswith("new: ")]
    left = [change for change in known if not _cell(change) and not _of_cell(change, cells)]
    # Each follows from what is left without it, so it is told only where nothing else is.
    for follows in (_repeats, _comes_or_goes, _names_files):
        left = [change for change in left if not follows(change)] or ([] if cells else left)
    grid = _grid(cells) + [
        f"new: {stage} {listed([cell for of, cell in new if of == stage])}"
        for stage in dict.fromkeys(stage for stage, _ in new)
    ]
    return [f"option  {line}" for line in grid] + [f"{change.kind:7} {_words(change)}" for change in left]


def listed(names: Sequence[str]) -> str:
    """Return the first names of a list, and how many more there are."""
    more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _cell(change: Change) -> str | None:
    """Return the cell that an evaluation has more or less than before: its option ``cells`` says so."""
    found = re.match(r"cells\.(.+)\.(?:loss|seed|variant)$", change.name)
    return found[1] if found and change.kind == "option" and None in (change.was, change.now) else None


def _of_cell(change: Change, cells: dict[str, Change]) -> bool:
    return change.kind == "input" and any(change.name.endswith(f".{cell}") for cell in cells)


def _grid(cells: dict[str, Change]) -> list[str]:
    new = [cell for cell, change in cells.items() if change.was is None]
    gone = [cell for cell in cells if cell not in new]
    return [f"cells: {word} {listed(names)}" for word, names in (("new", new), ("gone", gone)) if names]


def _repeats(change: Change) -> bool:
    """Tell whether this is the report's or the verdicts' own copy of the study."""
    return change.kind == "option" and change.name in ("config", "variants", "conditions")


def _comes_or_goes(change: Change) -> bool:
    """Tell whether a definition was or is not followed at all: an option or an edited definition led there."""
    return change.kind == "code" and None in (change.was, change.now)


def _names_files(change: Change) -> bool:
    """Tell whether this is a data-set's list of files, beside the change of the files themselves."""
    return change.kind == "code" and change.name.endswith(".FILES")


def _words(change: Change) -> str:
    was, now = change.was, change.now
    if change.kind in ("code", "input"):  # hashes and keys say nothing to people
        return f"{change.name}: {'new' if was is None else 'gone' if now is None else _changed(change)}"
    if isinstance(was, list) and isinstance(now, list):
        parts = [
            (sign, [_value(one) for one in some if one not in other])
            for sign, some, other in (("without", was, now), ("with", now, was))
        ]
        if told := [f"{sign} {listed(names)}" for sign, names in parts if names]:
            return f"{change.name}: now {', '.join(told)}"
    return f"{change.name}: {_value(was)} -> {_value(now)}"


def _changed(change: Change) -> str:
    return "edited" if change.kind == "code" else "another one, and what it was made of is gone"


def _value(value: Any) -> str:
    text = "absent" if value is None else json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
