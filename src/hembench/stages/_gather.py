"""What the stages for people share: the tidy frames of all conditions, in the study's order."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from hembench.core.errors import PluginError
from hembench.stages._tidy import CELL
from hembench.store.content import read_frame

if TYPE_CHECKING:
    from hembench.stages.api import Inputs

FRAMES = ("metrics", "histories", "histograms")
"""Tidy frames that evaluate writes and that a table or a figure may ask for by the name of a parameter."""

SOME = {
    "accuracies": [*CELL, "incremental", "after", "episode", "accuracy", "n"],
    "classes": [*CELL, "class", "name", "value", "labelled", "predicted", "n"],
    "examples": [*CELL, "picture", "place", "value", "height", "width", "pixels", "labels", "predicted"],
}
"""The same of some tasks alone, with their columns: a study need have none."""


def frames_for(function: Callable[..., Any], inputs: Inputs, options: dict[str, Any]) -> list[pd.DataFrame]:
    """Return the frames that a plug-in's function asks for by the names of its positional parameters.

    Args:
        function: of a table or figure.
        inputs: artefacts "evaluate.<condition>"; plug-ins "frame.<name>", the frames of what the plan knows that
            the function asks for.
        options: "conditions" and "variants", lists in the order to be shown; and what those frames are made of.

    Raises:
        PluginError: a parameter names no tidy frame.
    """
    keyword = inspect.Parameter.KEYWORD_ONLY
    wanted = [name for name, known in inspect.signature(function).parameters.items() if known.kind != keyword]
    planned = {name: inputs.plugins[f"frame.{name}"] for name in wanted if f"frame.{name}" in inputs.plugins}
    for name in wanted:
        if name not in (*FRAMES, *SOME, *planned):
            raise PluginError(
                f"{function.__module__}: {function.__name__}() asks for {name!r}; the tidy frames are "
                f"{', '.join((*FRAMES, *SOME))} and those of frames/. Options are keyword-only, after a '*'."
            )
    return [planned[name](options) if name in planned else gathered(name, inputs, options) for name in wanted]


def gathered(name: str, inputs: Inputs, options: dict[str, Any]) -> pd.DataFrame:
    """Return one tidy frame of all conditions that have it; condition and variant are ordered categories."""
    conditions, variants = options["conditions"], options["variants"]
    paths = [inputs.folders[f"evaluate.{condition}"] / f"{name}.parquet" for condition in conditions]
    parts = [read_frame(path) for path in paths if name not in SOME or path.is_file()]
    table = pd.concat(parts or [pd.DataFrame(columns=SOME[name])], ignore_index=True)
    table["condition"] = pd.Categorical(table["condition"], conditions, ordered=True)
    table["variant"] = pd.Categorical(table["variant"], variants, ordered=True)
    return table
