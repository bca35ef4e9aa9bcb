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


def frames_for(function: Callable[..., Any], inputs: Inputs, options: dict[str, Any]) -> list[pd.DataFrame]:
    """Return the frames that a plug-in's function asks for by the names of its positional parameters.

    Args:
        function: of a table or figure.
        inputs: artefacts "evaluate.<condition>".
        options: "conditions" and "variants", lists in the order to be shown; and what the frames of ``PLANNED``
            that the function asks for are made of.

    Raises:
        PluginError: a parameter names no tidy frame.
    """
    keyword = inspect.Parameter.KEYWORD_ONLY
    wanted = [name for name, known in inspect.signature(function).parameters.items() if known.kind != keyword]
    for name in wanted:
        if name not in (*FRAMES, *PLANNED):
            raise PluginError(
                f"{function.__module__}: {function.__name__}() asks for {name!r}; the tidy frames are "
                f"{', '.join((*FRAMES, *PLANNED))}. Options are keyword-only parameters, after a '*'."
            )
    return [PLANNED[name](options) if name in PLANNED else gathered(name, inputs, options) for name in wanted]


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


def conditions_of(options: dict[str, Any]) -> pd.DataFrame:
    """Return condition (an ordered category), paper, long_tailed, complete, training_images: one row each.

    ``paper`` names the condition as the paper has it, ``<data-set>-<network>``, whatever its labels; "" where it
    is none of the paper's.

    Args:
        options: "conditions", a list in the order to be shown, and "facts", what the plan knows of each.
    """
    rows = [
        {"condition": of["name"], "paper": "-".join(of["of_paper"] or ())}
        | {key: of[key] for key in ("long_tailed", "complete", "training_images")}
        for of in options["facts"]
    ]
    table = pd.DataFrame(rows)
    return table.assign(condition=pd.Categorical(table["condition"], options["conditions"], ordered=True))


def parts_of(options: dict[str, Any]) -> pd.DataFrame:
    """Return condition (an ordered category), part, set: one row for each member of each set of corruptions.

    Args:
        options: "conditions", a list in the order to be shown, and "parts", the members by label of each.
    """
    rows = [
        (condition, part, member)
        for condition in options["conditions"]
        for part, members in options["parts"][condition].items()
        for member in members
    ]
    table = pd.DataFrame(rows, columns=["condition", "part", "set"], dtype="str")
    return table.assign(condition=pd.Categorical(table["condition"], options["conditions"], ordered=True))


PLANNED = {"variants": variants_of, "conditions": conditions_of, "parts": parts_of}
"""Frames of what the plan knows, which it gives to those that ask for them."""


def gathered(name: str, inputs: Inputs, options: dict[str, Any]) -> pd.DataFrame:
    """Return one tidy frame of all conditions; condition and variant are ordered categories."""
    conditions, variants = options["conditions"], options["variants"]
    parts = [read_frame(inputs.folders[f"evaluate.{condition}"] / f"{name}.parquet") for condition in conditions]
    table = pd.concat(parts, ignore_index=True)
    table["condition"] = pd.Categorical(table["condition"], conditions, ordered=True)
    table["variant"] = pd.Categorical(table["variant"], variants, ordered=True)
    return table
