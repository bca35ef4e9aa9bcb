"""The verdict on each claim (design rule 8): pure, from tidy metrics. The rule stands here before any run.

*Directional*: supported or contradicted where the 95 % interval over these conditions lies wholly on one side.
*Equivalence*: supported wholly within the margin, contradicted wholly outside of it. *Count*: supported where the
conditions won are as large a share as the paper's, contradicted where more are lost than the paper has. The line
of a part is zero; of "at least" it is one margin below, of "clearly" one above. Else undecided; not measured where
what it needs is missing. The interval for new conditions and the Holm-adjusted p are printed beside it and change
no verdict.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd

from hembench.claims import analysis, continual, longtail, segmentation, standard, supplementary
from hembench.claims._claim import Claim, Part
from hembench.claims._compare import Found, compare
from hembench.claims._evidence import Evidence, assignments, chosen, named
from hembench.claims._measure import measured, unsaturated
from hembench.stats.across import Across, across
from hembench.stats.holm import holm
from hembench.stats.signed_rank import SignedRank, signed_rank
from hembench.stats.wins import Side, side, sign_test

Word = Literal["supported", "contradicted", "undecided", "not measured"]

GROUPS = {
    "analysis": analysis.CLAIMS,
    "standard": standard.CLAIMS,
    "longtail": longtail.CLAIMS,
    "supplementary": supplementary.CLAIMS,
    "continual": continual.CLAIMS,
    "segmentation": segmentation.CLAIMS,
}
"""The paper's claims by group; a group is a family for Holm's adjustment."""


@dataclass(frozen=True)
class PartVerdict:
    """One comparison with all its numbers, as fractions.

    Attributes:
        part: the comparison, its losses replaced by variants.
        verdict: by the rule.
        found: each condition that has both variants.
        whole: the mean over these conditions, of those with two seeds or more.
        p: of the part's rule. Directional: two-sided, below 0.05 where the interval has left the line.
            Equivalence: below 0.05 where it lies within the margin (near 1: contradicted). Count: of a sign test.
        ranks: signed ranks of the conditions' means.
        of_paper: how many of the conditions found are the paper's.
        adjusted: p after Holm, over all parts of the claim's group.
    """

    part: Part
    verdict: Word
    found: tuple[Found, ...] = ()
    whole: Across = field(default_factory=lambda: across([]))
    p: float = math.nan
    ranks: SignedRank = field(default_factory=lambda: signed_rank([]))
    of_paper: int = 0
    adjusted: float = math.nan

    def named(self, on: Side) -> list[str]:
        """Return the conditions on one side."""
        return [one.condition.name for one in self.found if one.side == on]


@dataclass(frozen=True)
class ClaimVerdict:
    """A claim's verdict for one variant of its focus.

    Attributes:
        claim: the claim.
        group: its group.
        variant: label of the variant that the verdict is for.
        verdict: of all parts together.
        parts: of each part.
        unsaturated: of each part, with log-MSP for MSP; None where that changes nothing or was not measured.
        with_log_msp: the claim's verdict with these; None where no part has one.
        guesses: of continual learning: the verdict by each guess which pairs are the paper's, where that matters.
    """

    claim: Claim
    group: str
    variant: str
    verdict: Word
    parts: tuple[PartVerdict, ...] = ()
    unsaturated: tuple[PartVerdict | None, ...] = ()
    with_log_msp: Word | None = None
    guesses: tuple[tuple[str, Word], ...] = ()

    @property
    def flips(self) -> bool:
        """Whether the verdict hangs on the saturation of MSP."""
        return self.with_log_msp is not None and self.with_log_msp != self.verdict


def verdicts(evidence: Evidence, groups: Mapping[str, Sequence[Claim]] = GROUPS) -> list[ClaimVerdict]:
    """Judge all claims: one verdict for each claim and variant of its focus, in the order of groups and claims.

    Claims about a task that no condition learns are left out.
    """
    cache: dict[str, pd.DataFrame] = {}
    found: list[ClaimVerdict] = []
    for group, claims in groups.items():
        mine = [claim for claim in claims if claim.task in evidence.tasks]
        found += _adjusted([one for claim in mine for one in _claim(claim, group, evidence, cache)])
    return _guessed(found, evidence, cache)


def _guessed(found: list[ClaimVerdict], evidence: Evidence, cache: dict[str, pd.DataFrame]) -> list[ClaimVerdict]:
    """Fill in the verdicts by each guess, of claims on continual learning where guesses count other conditions."""
    counted = [condition.guesses for condition in evidence.conditions if condition.pair]
    if all(len(set(guesses.values())) == 1 for guesses in counted):
        return found
    claims = {one.claim.id: one.claim for one in found if one.claim.task == "continual" and one.parts}
    words: dict[tuple[str, str], list[tuple[str, Word]]] = {}
    for guess in counted[0]:
        other = evidence.by_guess(guess)
        for claim in claims.values():
            for one in _claim(claim, "", other, cache):
                words.setdefault((claim.id, one.variant), []).append((guess, one.verdict))
    return [replace(one, guesses=tuple(words.get((one.claim.id, one.variant), ()))) for one in found]


def _adjusted(family: list[ClaimVerdict]) -> list[ClaimVerdict]:
    """Fill in the adjusted p of a family: all parts of all its claims and variants."""
    p = iter(holm([part.p for one in family for part in one.parts]))
    return [
        replace(one, parts=tuple(replace(part, adjusted=float(next(p))) for part in one.parts)) for one in family
    ]


def _claim(claim: Claim, group: str, evidence: Evidence, cache: dict[str, pd.DataFrame]) -> list[ClaimVerdict]:
    found = []
    for label, names in assignments(claim, evidence):
        judged = [_part(named(part, names), evidence, cache) for part in claim.parts]
        others: list[PartVerdict | None] = []
        for part in claim.parts:
            quantity = unsaturated(part.quantity)
            other = quantity and _part(named(replace(part, quantity=quantity), names), evidence, cache)
            others.append(other if other and other.verdict != "not measured" else None)
        second = [other or one for one, other in zip(judged, others, strict=True)]
        found.append(
            ClaimVerdict(
                claim,
                group,
                label,
                combined([one.verdict for one in judged], claim.beyond),
                tuple(judged),
                tuple(others),
                combined([one.verdict for one in second], claim.beyond) if any(others) else None,
            )
        )
    return found


def combined(parts: Sequence[Word], beyond: Sequence[str] = ()) -> Word:
    """Return the verdict on a claim that is all of its parts, and of what lies beyond these metrics.

    One part contradicted contradicts the claim, whatever is missing.
    """
    if "contradicted" in parts:
        return "contradicted"
    if not parts or beyond or "not measured" in parts:
        return "not measured"
    return "undecided" if "undecided" in parts else "supported"


def _part(part: Part, evidence: Evidence, cache: dict[str, pd.DataFrame]) -> PartVerdict:
    wanted, of_paper = chosen(part.scope, evidence)
    if not wanted:
        return PartVerdict(part, "not measured")
    if part.quantity not in cache:
        cache[part.quantity] = measured(evidence.frames, part.quantity)
    found = compare(part, wanted, cache[part.quantity])
    if not found:
        return PartVerdict(part, "not measured")
    margin = evidence.margin / 100.0
    line = part.line(margin)
    if part.kind == "count" and line:
        found = tuple(replace(one, side=side(one.difference.low, one.difference.high, line)) for one in found)
    whole = across([one.difference for one in found if one.difference.n > 1])
    means = [one.difference.mean for one in found]
    return PartVerdict(
        part=part,
        verdict=_judged(part, found, whole, margin),
        found=found,
        whole=whole,
        p=_p(part, means, whole, margin),
        ranks=signed_rank(means),
        of_paper=len(found) if of_paper else 0,
    )


def _judged(part: Part, found: Sequence[Found], whole: Across, margin: float) -> Word:
    if part.kind == "count":
        return _counted(part, found)
    if part.kind == "directional":
        words: dict[Side, Word] = {"above": "supported", "below": "contradicted", "undecided": "undecided"}
        return words[side(whole.low, whole.high, part.line(margin))]
    from_below, from_above = side(whole.low, whole.high, -margin), side(whole.low, whole.high, margin)
    if from_below == "above" and from_above == "below":
        return "supported"
    return "contradicted" if from_below == "below" or from_above == "above" else "undecided"


def _counted(part: Part, found: Sequence[Found]) -> Word:
    """Judge a count. Of fewer conditions than the paper's, the same share (rounded up) has to be won; as many as
    the paper has lost may be lost.
    """
    assert part.wins is not None
    won, of = part.wins
    sides = [one.side for one in found]
    if sides.count("below") > of - won:
        return "contradicted"
    return "supported" if sides.count("above") >= math.ceil(won * len(found) / of) else "undecided"


def _p(part: Part, means: Sequence[float], whole: Across, margin: float) -> float:
    """Return the p that goes with the part's rule; see PartVerdict."""
    if part.kind == "count":
        line = part.line(margin)
        return sign_test(sum(mean > line for mean in means), sum(mean < line for mean in means))
    if part.kind == "directional":
        return whole.p(part.line(margin))
    if math.isnan(whole.mean):
        return math.nan
    # two one-sided tests at half the level each: the same as the 95 % interval within the margin
    return max(whole.p(-margin), whole.p(margin)) if abs(whole.mean) < margin else 1.0
