"""The headline table of a finished study and where its report lies."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from hembench.commands._study import Loaded, load
from hembench.core.atomic import write_json
from hembench.core.errors import StoreError
from hembench.stages.publish import copy
from hembench.store import artefact
from hembench.store.content import read_frame

HELP = "Print the headline numbers of a finished study and the path of its report; --publish copies it for git."
EXAMPLE = "hembench show demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("study", help="name (config/NAME.yaml) or path of a study")
    parser.add_argument("--json", action="store_true", help="print the table as JSON rows")
    parser.add_argument("--publish", action="store_true", help="copy the report to reports/published/STUDY/")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    loaded = load(arguments.study)
    job = loaded.plan.find("table", f"{loaded.plan.study}-summary")
    folder = loaded.results / job.path
    if not artefact.is_done(folder):
        raise StoreError(
            f"study {loaded.plan.study!r} is not finished: run `snakemake` (hembench plan says what is missing)."
        )
    table = read_frame(folder / "table.parquet")
    if arguments.json:
        print(table.to_json(orient="records", indent=1))
        return 0
    table["cell"] = [_number(mean, sd) for mean, sd in zip(table["mean"], table["sd"], strict=True)]
    wide = table.pivot_table(
        index=["condition", "variant"], columns="label", values="cell", aggfunc="first", sort=False, observed=True
    )
    print(f"mean ± standard deviation over seeds, in per cent\n\n{wide.fillna('-').to_string()}\n")
    print(f"report: {_publish(loaded) if arguments.publish else _report(loaded)}")
    return 0


def _number(mean: float, sd: float) -> str:
    """Return "mean ±sd"; the mean alone where one seed has no deviation."""
    return f"{mean:6.2f}" if math.isnan(sd) else f"{mean:6.2f} ±{sd:5.2f}"


def _report(loaded: Loaded) -> Path:
    stamp = loaded.reports / loaded.plan.study / ".published"
    job = loaded.plan.find("report", loaded.plan.study)
    if not (stamp / job.key).exists():
        raise StoreError(f"the report of study {loaded.plan.study!r} is not published yet: run `snakemake`.")
    return loaded.reports / loaded.plan.study / "index.html"


def _publish(loaded: Loaded) -> Path:
    """Copy the report to the folder that git keeps, with the paths of the results that it rests on."""
    job = loaded.plan.find("report", loaded.plan.study)
    target = loaded.reports / "published" / loaded.plan.study
    copy(loaded.results / job.path, target)
    write_json(target / "results.json", sorted(loaded.plan.jobs))
    return target / "index.html"
