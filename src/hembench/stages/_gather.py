"""What the stages for people share: the tidy frames of all conditions, in the study's order."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from hembench.core.errors import PluginError
from hembench.store.content import read_frame

if TYPE_CHECKING:
    from hembench.stages.api import Inputs

FRAMES = ("metrics", "histories", "histograms")
"""Tidy frames that evaluate writes and that a table or a figure may ask for by the name of a parameter."""

VARIANTS = "variants"
"""One more frame to ask for: the options of the study's variants, which the plan gives to those that ask."""


def frames_for(function: Callable[..., Any], inputs: Inputs, options: dict[str, Any]) -> list[pd.DataFrame]:
    """Return the frames that a plug-in's function asks for by the names of its positional parameters.

    Args:
        function: of a table or figure.
        inputs: artefacts "evaluate.<condition>".
        options: "conditions" and "variants", lists in the order to be shown; "losses", the loss (name, options)
            of each variant, where the function asks for them.

    Raises:
        PluginError: a parameter names no tidy frame.
    """
    keyword = inspect.Parameter.KEYWORD_ONLY
    wanted = [name for name, known in inspect.signature(function).parameters.items() if known.kind != keyword]
    for name in wanted:
        if name not in (*FRAMES, VARIANTS):
            raise PluginError(
                f"{function.__module__}: {function.__name__}() asks for {name!r}; the tidy frames are "
                f"{', '.join((*FRAMES, VARIANTS))}. Options are keyword-only parameters, after a '*'."
            )
    return [variants_of(options) if name == VARIANTS else gathered(name, inputs, options) for name in wanted]


def variants_of(options: dict[str, Any]) -> pd.DataFrame:
    """Return variant (an ordered category), loss, option, value: one row for each option of each variant.

    Args:
        options: "variants", a list in the order to be shown, and "losses", the loss (name, options) of each.
    """
    rows = [
        {"variant": label, "loss": loss["name"], "option": option, "value": value}
        for label in options["variants"]
        for loss in [options["losses"][label]]
        for option, value in loss["options"].items()
    ]
    # values of all kinds in one column: a None must stay one and not become a NaN
    table = pd.DataFrame(rows, columns=["variant", "loss", "option", "value"], dtype="object")
    return table.assign(variant=pd.Categorical(table["variant"], options["variants"], ordered=True))


def gathered(name: str, inputs: Inputs, options: dict[str, Any]) -> pd.DataFrame:
    """Return one tidy frame of all conditions; condition and variant are ordered categories."""
    conditions, variants = options["conditions"], options["variants"]
    parts = [read_frame(inputs.folders[f"evaluate.{condition}"] / f"{name}.parquet") for condition in conditions]
    table = pd.concat(parts, ignore_index=True)
    table["condition"] = pd.Categorical(table["condition"], conditions, ordered=True)
    table["variant"] = pd.Categorical(table["variant"], variants, ordered=True)
    return table
