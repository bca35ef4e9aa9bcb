"""figure: one figure of a study.

Reads: the metrics and histories of all conditions. Writes: figure.svg (as wide as a page), figure_narrow.svg (as a
phone), data.csv (the numbers behind it), figure.json: {"name", "title", "caption"}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.stages._gather import frames_for
from hembench.store.content import csv, json_file, text

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Draw the figure.

    Args:
        inputs: artefacts "evaluate.<condition>", plug-in "figure".
        options: "figure" (name, options), "conditions" and "variants" (lists in the order to be shown; a variant's
            place gives it its colour), and "losses" (loss by variant) where the figure asks for variants.
    """
    function = inputs.plugins["figure"]
    drawing = function(*frames_for(function, inputs, options), **options["figure"]["options"])
    words = {"name": options["figure"]["name"], "title": drawing.title, "caption": drawing.caption}
    return {
        "figure.svg": text(drawing.wide),
        "figure_narrow.svg": text(drawing.narrow),
        "data.csv": csv(drawing.data),
        "figure.json": json_file(words),
    }
