"""Which claims rest on some networks: known before anything is measured, so an edit's price can name them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hembench.claims._claim import Claim, Part
from hembench.claims._evidence import Evidence, assignments, chosen, named, trained_by
from hembench.stats.quantities import BESIDE, QUANTITIES

Changed = Mapping[str, Mapping[str, Collection[str]]]
"""Condition -> variant that is measured there -> stages of it that changed: "predict", "attack" or none."""


def rests(claim: Claim, evidence: Evidence, changed: Changed) -> bool:
    """Tell whether a number behind a claim is among what changed.

    Args:
        claim: one of the paper's.
        evidence: of a study; its frames are not read.
        changed: of the same study. A comparison counts where both of its variants are measured, and one of them
            changed.
    """
    parts = [named(part, names) for _, names in assignments(claim, evidence) for part in claim.parts]
    return any(
        _changes(part, changed.get(trained_by(part.recipe, condition), {}), changed.get(condition.name, {}))
        for part in parts
        for condition in chosen(part.scope, evidence)[0]
    )


def _changes(part: Part, first: Mapping[str, Collection[str]], second: Mapping[str, Collection[str]]) -> bool:
    """Tell whether both are measured, of variants that are measured where each was trained, and one changed."""
    pairs = [(part.first, first)] + ([(part.second, second)] if isinstance(part.second, str) else [])
    return all(name in of for name, of in pairs) and any(_read(part) & set(of[name]) for name, of in pairs)


def _read(part: Part) -> set[str]:
    """Return the stages whose results a part's quantity is worked out from."""
    facts = [{**QUANTITIES, **BESIDE}.get(name, {}) for name in part.quantity.split("+")]
    return {"predict", "attack"} if any(of.get("kind") == "attack" for of in facts) else {"predict"}
