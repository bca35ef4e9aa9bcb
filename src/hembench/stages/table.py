"""table: one table of a study.

Reads: the metrics and histories of all conditions. Writes: table.parquet and table.csv (tidy: one row per number),
table.json: {"name", "title", "caption", "rows", "columns", "show"} (how a page lays it out).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.stages._gather import frames_for
from hembench.store.content import csv, frame, json_file

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Make the table.

    Args:
        inputs: artefacts "evaluate.<condition>", plug-in "table".
        options: "table" (name, options), "conditions" and "variants" (lists in the order to be shown),
            and "losses" (loss by variant) where the table asks for variants.
    """
    function = inputs.plugins["table"]
    table = function(*frames_for(function, inputs, options), **options["table"]["options"])
    words = {"name": options["table"]["name"], **table.attrs}
    plain = table.astype({"condition": "str", "variant": "str"})
    return {"table.parquet": frame(plain), "table.csv": csv(plain), "table.json": json_file(words)}
