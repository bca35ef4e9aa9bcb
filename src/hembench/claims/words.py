"""Verdicts for people and for files: sentences, a table with one row per comparison, plain JSON-able values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from hembench.claims._claim import SCOPES, Part
from hembench.claims._compare import Found
from hembench.claims._measure import label
from hembench.claims.verdict import ClaimVerdict, PartVerdict
from hembench.stats.signed_rank import SignedRank
from hembench.stats.wins import Side

COLUMNS = (
    *("group", "id", "variant", "claim_verdict", "claim_verdict_log_msp", "words", "quantity", "kind", "first"),
    *(
        "second",
        "verdict",
        "verdict_log_msp",
        "conditions",
        "of",
        "data",
        "seeds",
        "images",
        "mean",
        "low",
        "high",
    ),
    *("new_low", "new_high", "p", "p_holm", "above", "below", "undecided"),
)
"""Columns of the table; mean to new_high in points, above and below as counts, undecided by name."""


def comparison(part: Part) -> str:
    """Return what is compared: ``hem > ce: AUROC (MSP)``."""
    sign = "≈" if part.kind == "equivalence" else "≥" if part.at_least else "≫" if part.clearly else ">"
    second = f"{100 * part.second:g} %" if isinstance(part.second, float) else part.second
    count = f", in {part.wins[0]} of {part.wins[1]}" if part.wins else ""
    scope = "" if part.scope == "standard" else f", {SCOPES[part.scope].words}"
    best = f", each with the best of each {SCOPES[part.scope].first}" if part.best else ""
    best = f", lead{best} above that with the mean one" if part.further else best
    first = f"{part.first} by {part.recipe}" if part.recipe else part.first
    return f"{first} {sign} {second}: {label(part.quantity)}{scope}{best}{count}"


def coverage(one: PartVerdict) -> str:
    """Return on how much a comparison rests: conditions, data, seeds, images."""
    number, noun = SCOPES[one.part.scope].of(one.part.best)
    of = _plural(number, noun)
    if not one.found:
        return f"0 of {of}"
    text = f"{one.of_paper} of {of}"
    if not one.of_paper:
        here = _plural(len(one.found), noun if one.part.best else "condition")
        text = f"{here}, none of the paper's {of}"
    images = min(found.images for found in one.found)
    behind = f"{images:,} images" if images else "training images"
    seeds = sorted({found.difference.n for found in one.found})
    units = dict.fromkeys(found.condition.unit.replace("_", " ") for found in one.found if found.condition.unit)
    counted = f", classes counted by {', '.join(units)}" if units else ""
    return f"{text} ({_data(one)}), {_span(seeds)} seed{'s' if seeds != [1] else ''}, {behind}{counted}"


def numbers(one: PartVerdict) -> str:
    """Return what was found: the difference with both intervals, the p-values, the conditions on each side."""
    if not one.found:
        return "not measured"
    whole = one.whole
    parts = []
    if whole.conditions:
        new = f"new conditions {_bounds(whole.new.low, whole.new.high)}"
        parts.append(
            f"{_points(whole.mean)} points {_bounds(whole.low, whole.high)}; "
            + (new if whole.conditions > 1 else "of one condition, nothing on new ones")
        )
        parts.append(f"{_of_p(one.part)} {_p(one.p)}, Holm {_p(one.adjusted)}")
        if one.ranks.can_reject():
            parts.append(f"signed ranks of the conditions p {_p(one.ranks.p)}")
    alone = [found.condition.name for found in one.found if found.difference.n == 1]
    if alone:
        parts.append(f"one seed, no interval: {', '.join(alone)}")
    not_worse = one.part.kind == "count" and one.part.at_least
    words: dict[Side, str] = {"above": "not worse" if not_worse else "above"}
    words["below"] = "worse" if not_worse else "below"
    sides = [f"{len(one.named(on))} {word}" for on, word in words.items() if one.named(on)]
    undecided = one.named("undecided")
    if one.part.kind == "count":
        parts.append(_by_mean(one))
    if undecided:
        sides.append(f"undecided: {', '.join(undecided)}")
    return "; ".join([*parts, ", ".join(sides)])


def remark(one: ClaimVerdict) -> str:
    """Return what a reader of a verdict must know besides its numbers; empty where there is nothing."""
    said = []
    if one.flips:
        said.append(
            f"Flips with the score: {one.verdict} with MSP, which saturates in float32; "
            f"{one.with_log_msp} with log-MSP."
        )
    else:
        pairs = zip(one.parts, one.unsaturated, strict=True)
        flipped = [label(part.part.quantity) for part, other in pairs if other and other.verdict != part.verdict]
        if flipped:
            said.append(
                f"With log-MSP in the place of MSP, other verdicts on: {', '.join(dict.fromkeys(flipped))}."
            )
    if one.claim.beyond:
        said.append(f"Beyond these metrics: {', '.join(one.claim.beyond)}.")
    if one.claim.elsewhere:
        said.append(f"{one.claim.elsewhere[:1].upper()}{one.claim.elsewhere[1:]}.")
    if one.claim.ours and one.parts:
        said.append(one.claim.ours)
    if one.guesses:
        by = dict(one.guesses)
        if len(set(by.values())) == 1:
            said.append(f"The same by guesses {', '.join(by)} which 16 are the paper's.")
        else:
            said.append(f"By guess which 16 are the paper's: {', '.join(map(' '.join, by.items()))}.")
    return " ".join(said)


def table(verdicts: Iterable[ClaimVerdict]) -> pd.DataFrame:
    """Return one row per comparison, and one for each claim without any: the columns ``COLUMNS``."""
    rows = []
    for one in verdicts:
        names = {
            "group": one.group,
            "id": one.claim.id,
            "variant": one.variant,
            "claim_verdict": one.verdict,
            "claim_verdict_log_msp": one.with_log_msp,
            "words": one.claim.words,
        }
        pairs = list(zip(one.parts, one.unsaturated, strict=True))
        rows += [names | _row(part, other) for part, other in pairs] or [names | {"verdict": one.verdict}]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def plain(verdicts: Sequence[ClaimVerdict]) -> list[dict[str, Any]]:
    """Return the verdicts with all numbers as JSON-able values: differences in points, None for no number."""
    return [
        {
            "group": one.group,
            "id": one.claim.id,
            "words": one.claim.words,
            "numbers": one.claim.numbers,
            "variant": one.variant,
            "verdict": one.verdict,
            "verdict_log_msp": one.with_log_msp,
            "flips": one.flips,
            "remark": remark(one),
            "parts": [_plain(*pair) for pair in zip(one.parts, one.unsaturated, strict=True)],
        }
        for one in verdicts
    ]


def _plain(one: PartVerdict, other: PartVerdict | None) -> dict[str, Any]:
    row = {name: _none(value) for name, value in _row(one, other).items()}
    row |= {
        "at_least": one.part.at_least,
        "wins": list(one.part.wins) if one.part.wins else None,
        "comparison": comparison(one.part),
        "coverage": coverage(one),
        "found": numbers(one),
        "above": one.named("above"),
        "below": one.named("below"),
        "undecided": one.named("undecided"),
        "signed_rank": _signed_rank(one.ranks),
        "by_condition": [_found(found) for found in one.found],
    }
    return row | {"log_msp": None if other is None else numbers(other)}


def _row(one: PartVerdict, other: PartVerdict | None) -> dict[str, Any]:
    whole, part = one.whole, one.part
    return {
        "quantity": part.quantity,
        "kind": part.kind,
        "first": part.first,
        "second": str(part.second),
        "verdict": one.verdict,
        "verdict_log_msp": None if other is None else other.verdict,
        "conditions": one.of_paper or len(one.found),
        "of": SCOPES[part.scope].of(part.best)[0],
        "data": _data(one),
        "seeds": min((found.difference.n for found in one.found), default=0),
        "images": min((found.images for found in one.found), default=0),
        "mean": 100.0 * whole.mean,
        "low": 100.0 * whole.low,
        "high": 100.0 * whole.high,
        "new_low": 100.0 * whole.new.low,
        "new_high": 100.0 * whole.new.high,
        "p": one.p,
        "p_holm": one.adjusted,
        "above": len(one.named("above")),
        "below": len(one.named("below")),
        "undecided": ", ".join(one.named("undecided")),
    }


def _found(one: Found) -> dict[str, Any]:
    middle = one.difference
    return {
        "condition": one.condition.name,
        "mean": 100.0 * middle.mean,
        "sd": _none(100.0 * middle.sd),
        "low": _none(100.0 * middle.low),
        "high": _none(100.0 * middle.high),
        "seeds": middle.n,
        "images": one.images,
        "pooled_sd": _none(100.0 * one.pooled),
        "side": one.side,
        "signed_rank": _signed_rank(one.ranks),
    }


def _signed_rank(ranks: SignedRank) -> dict[str, Any]:
    return {"p": _none(ranks.p), "smallest": ranks.smallest, "n": ranks.n}


def _none(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _by_mean(one: PartVerdict) -> str:
    """Count by the means alone, as the paper may have done: an error bar more says a little, and is no test."""
    gaps = [(found.difference.mean, found.pooled) for found in one.found]
    above = sum(mean > 0.0 for mean, _ in gaps)
    clear = sum(mean > pooled for mean, pooled in gaps)
    worse = sum(mean < -pooled for mean, pooled in gaps)
    return f"by means {above} of {len(gaps)} above, {clear} by more than a standard deviation ({worse} below)"


def _data(one: PartVerdict) -> str:
    """Return the data-sets with their networks; a part of a published set is called a subset."""
    by_data: dict[str, list[str]] = {}
    for found in one.found:
        where = found.condition
        by_data.setdefault(where.dataset + ("" if where.complete else ", a subset"), []).append(where.network)
    return "; ".join(f"{dataset}: {', '.join(networks)}" for dataset, networks in by_data.items())


def _of_p(part: Part) -> str:
    """Say what a p is of; an interval beside it that excludes zero says another thing."""
    if part.kind == "equivalence":
        return "p (beyond the margin)"
    if part.clearly:
        return "p (of the margin)"
    return "p (one margin below or more)" if part.at_least else "p"


def _p(p: float) -> str:
    if math.isnan(p):
        return "–"
    return "< 0.0001" if p < 0.0001 else f"= {p:.2g}" if p < 0.995 else "= 1"


def _points(value: float) -> str:
    text = f"{100.0 * value:+.2f}"
    if float(text) == 0.0 and value:
        text = f"{100.0 * value:+.6f}".rstrip("0")  # a verdict may hang on which side of zero it is
    return text.replace("-", "−") if value else "0.00"


def _bounds(low: float, high: float) -> str:
    return f"[{_points(low)}, {_points(high)}]"


def _span(counts: Sequence[int]) -> str:
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
