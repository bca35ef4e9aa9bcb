"""claims: the verdict on each claim of the paper.

Reads: the metrics, histories and histograms of all conditions. Writes: claims.json: {"study", "margin" (points),
"verdicts": one for each claim and variant, with all its numbers}, claims.csv (one row per comparison).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hembench.claims._evidence import Condition, Evidence, Variant
from hembench.claims.verdict import verdicts
from hembench.claims.words import plain, table
from hembench.stages._gather import FRAMES, gathered
from hembench.store.content import csv, json_file

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Judge the claims.

    Args:
        inputs: artefacts "evaluate.<condition>".
        options: "study", "margin" (points), "conditions" (name, task, dataset, network, of_paper, long_tailed,
            complete, training_images) and "variants" (label, loss, options), lists in the order to be shown.
    """
    order = {
        "conditions": [condition["name"] for condition in options["conditions"]],
        "variants": [variant["label"] for variant in options["variants"]],
    }
    evidence = Evidence(
        frames={name: gathered(name, inputs, order) for name in FRAMES},
        conditions=tuple(Condition(**condition) for condition in options["conditions"]),
        variants=tuple(Variant(**variant) for variant in options["variants"]),
        margin=options["margin"],
    )
    found = verdicts(evidence)
    document = {"study": options["study"], "margin": options["margin"], "verdicts": plain(found)}
    return {"claims.json": json_file(document), "claims.csv": csv(table(found))}
