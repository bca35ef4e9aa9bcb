"""The headline table of a finished study and where its report lies."""

from __future__ import annotations

import argparse
import math
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hembench.commands._study import Loaded, load
from hembench.core.atomic import write_json
from hembench.core.errors import StoreError
from hembench.stages.publish import copy
from hembench.stats.quantities import QUANTITIES
from hembench.store import artefact
from hembench.store.content import read_frame

if TYPE_CHECKING:
    import pandas as pd

HELP = "Print the headline numbers of a finished study and the path of its report; --publish copies it for git."
EXAMPLE = "hembench show demo"

COLUMN = 14
"""Width of a column of numbers, as "100.00 ±10.00" needs it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("study", help="name (config/NAME.yaml) or path of a study")
    parser.add_argument("--json", action="store_true", help="print the table as JSON rows")
    parser.add_argument("--publish", action="store_true", help="copy the report to reports/published/STUDY/")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    loaded = load(arguments.study)
    summary = [job for job in loaded.plan.of_stage("table") if job.cell == f"{loaded.plan.study}-summary"]
    if any(not artefact.is_done(loaded.results / job.path) for job in summary):
        raise _unfinished(loaded)
    table = read_frame(loaded.results / summary[0].path / "table.parquet") if summary else None
    if arguments.json:
        print("[]" if table is None else table.to_json(orient="records", indent=1))
        return 0
    if table is None:
        print("no headline numbers: `summary` is not among this study's `tables:`")
    else:
        options, width = summary[0].options, shutil.get_terminal_size((80, 24)).columns
        print("mean ±standard deviation over seeds, in per cent")
        print("\n".join(_lines(table, options["conditions"], options["variants"], width)))
    print(f"\nreport: {_publish(loaded) if arguments.publish else _report(loaded)}")
    return 0


def _lines(table: pd.DataFrame, conditions: list[str], variants: list[str], width: int) -> Iterator[str]:
    """Give a table for each condition, its columns in as many blocks as the width asks for."""
    present = set(table["label"])
    labels = [words["label"] for words in QUANTITIES.values() if words["label"] in present]
    names = zip(table["condition"], table["variant"], table["label"], strict=True)
    cells = dict(zip(names, map(_number, table["mean"], table["sd"]), strict=True))
    first = max(len(variant) for variant in variants) + 2
    fitting = max(1, (width - first) // COLUMN)
    for condition in conditions:
        rows = [one for one in variants if any((condition, one, label) in cells for label in labels)]
        yield f"\n{condition}"
        for start in range(0, len(labels), fitting):
            block = labels[start : start + fitting]
            titles = [textwrap.wrap(label, COLUMN - 1, break_on_hyphens=False) for label in block]
            height = max(len(title) for title in titles)
            for line in range(height):
                words = ([""] * (height - len(title)) + title for title in titles)
                yield (" " * first + "".join(f"{word[line]:>{COLUMN}}" for word in words)).rstrip()
            for one in rows:
                numbers = (cells.get((condition, one, label), "-") for label in block)
                yield f"  {one:{first - 2}}" + "".join(f"{number:>{COLUMN}}" for number in numbers)


def _number(mean: float, sd: float) -> str:
    """Return "mean ±sd"; the mean alone where one seed has no deviation."""
    return f"{mean:.2f}" if math.isnan(sd) else f"{mean:.2f} ±{sd:5.2f}"


def _report(loaded: Loaded) -> Path:
    stamp = loaded.reports / loaded.plan.study / ".published"
    if not (stamp / loaded.plan.find("report", loaded.plan.study).key).exists():
        raise _unfinished(loaded)
    return loaded.reports / loaded.plan.study / "index.html"


def _unfinished(loaded: Loaded) -> StoreError:
    return StoreError(
        f"study {loaded.plan.study!r} is not finished: run `{loaded.command()}` "
        f"(`hembench plan` says what is missing)."
    )


def _publish(loaded: Loaded) -> Path:
    """Copy the report to the folder that git keeps, with the paths of the results that it rests on."""
    job = loaded.plan.find("report", loaded.plan.study)
    if not artefact.is_done(loaded.results / job.path):
        raise _unfinished(loaded)
    target = loaded.reports / "published" / loaded.plan.study
    copy(loaded.results / job.path, target, loaded.command())
    write_json(target / "results.json", sorted(loaded.plan.jobs))
    return target / "index.html"
