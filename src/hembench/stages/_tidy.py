"""The tidy frames that are made of predictions: their columns, a metric's number, a training's history."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from hembench.core.errors import PluginError
from hembench.store.content import read_json

CELL = ["condition", "dataset", "network", "recipe", "variant", "loss", "seed"]
METRICS = [*CELL, "kind", "set", "severity", "score", "metric", "value", "n"]
HISTORIES = [*CELL, "epoch", "quantity", "value"]
HISTOGRAMS = [*CELL, "kind", "set", "score", "low", "high", "count"]


def value_of(name: str, metric: Callable[..., float], values: dict[str, Any]) -> float:
    """Call a metric with what its parameters name; those with a default keep it."""
    parameters = inspect.signature(metric).parameters.values()
    wanted = [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]
    for parameter in wanted:
        if parameter not in values:
            raise PluginError(
                f"metric {name!r} asks for {parameter!r} where there is none; there are: "
                f"{', '.join(sorted(values))}. Correct its parameters, MEASURED_ON or SCORES."
            )
    return float(metric(**{parameter: values[parameter] for parameter in wanted}))


def history_of(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield a training's history, which its predictions carry along: the training itself may be pruned."""
    for quantity, values in sorted(read_json(folder / "history.json").items()):
        for epoch, value in enumerate(values, start=1):
            yield {"epoch": epoch, "quantity": quantity, "value": float("nan") if value is None else float(value)}


def tidy(rows: list[dict[str, Any]], columns: list[str], order: list[str]) -> pd.DataFrame:
    """Return rows as a frame in a fixed order of columns and rows."""
    table = pd.DataFrame(rows, columns=columns)
    whole = ("seed", "severity", "n", "epoch", "count", "after", "episode")
    types = {name: "int64" for name in whole if name in columns}
    types |= {name: "float64" for name in ("value", "low", "high", "accuracy") if name in columns}
    return table.astype(types).sort_values(order, kind="stable", ignore_index=True)
