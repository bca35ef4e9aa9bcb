"""One loss against another: paired differences over seeds, condition by condition or at each loss's best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hembench.claims._claim import Part
from hembench.claims._evidence import Condition, trained_by
from hembench.stats.interval import Interval, interval
from hembench.stats.paired import differences
from hembench.stats.signed_rank import SignedRank, signed_rank
from hembench.stats.wins import Side, side


@dataclass(frozen=True)
class Found:
    """One condition: the paired difference over seeds with its t interval, and on which side of 0 it lies, or of a
    count's line.

    ``pooled`` is the standard deviation over the seeds of both losses pooled, what an error bar of a figure shows;
    NaN for one seed.
    """

    condition: Condition
    difference: Interval
    images: int
    side: Side
    ranks: SignedRank
    pooled: float


Pair = tuple[Condition, pd.DataFrame, pd.DataFrame]
"""A condition with the numbers of the first and of the second."""


def compare(part: Part, conditions: Sequence[Condition], cells: pd.DataFrame) -> tuple[Found, ...]:
    """Return what was found in each condition; in each data-set, where the best network of each counts.

    Those that lack one of the two are left out.

    Args:
        part: the comparison, its losses replaced by variants.
        conditions: those that count.
        cells: one number per network, see ``_measure.measured``.
    """
    both = [(one, _first(part, one, cells), _of(part.second, one.name, cells)) for one in conditions]
    chosen = _best(part, both) if part.best else iter(both)
    found = (_found(part, *one) for one in chosen)
    return tuple(one for one in found if one is not None)


def _first(part: Part, condition: Condition, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of the first; those of another recipe under a name of its own, in the same condition.

    Seeds of two recipes share no draw. Taken in pairs their differences are independent all the same.
    """
    rows = _of(part.first, trained_by(part.recipe, condition), cells)
    if not part.recipe:
        return rows
    return rows.assign(condition=condition.name, variant=f"{part.first} by {part.recipe}")


def _of(variant: str | float, condition: str, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of a variant; of a share (that the first is compared to) none."""
    return cells[(cells["condition"].astype(str) == condition) & (cells["variant"].astype(str) == variant)]


def _best(part: Part, both: Sequence[Pair]) -> Iterator[Pair]:
    """Yield for each data-set the first and the second, each from the condition where its mean is best.

    Only conditions that have both are looked at: a loss must not win by what was tried with it alone.
    """
    by_data: dict[str, list[Pair]] = {}
    for one in both:
        if len(one[1]) and len(one[2]):
            by_data.setdefault(one[0].dataset, []).append(one)
    for dataset, members in by_data.items():
        if len({one[0].uncounted for one in members}) < part.networks:
            continue
        first = max(members, key=lambda one: float(one[1]["value"].mean()))
        second = max(members, key=lambda one: float(one[2]["value"].mean()))
        networks = " against ".join(dict.fromkeys((first[0].network, second[0].network)))
        where = replace(first[0], name=f"{dataset}: {networks}", network=networks)
        best = (where, first[1].assign(condition=where.name), second[2].assign(condition=where.name))
        yield _further(best, members) if part.further else best


def _further(best: Pair, members: Sequence[Pair]) -> Pair:
    """Return the lead of the first over the second with the best networks, and its mean over all networks.

    Leads are taken seed by seed; seeds that a network lacks are left out.
    """
    leads = [differences(pd.concat(one[1:]), str(one[2]["variant"].iloc[0])) for one in (best, *members)]
    seeds = set.intersection(*(set(lead["seed"]) for lead in leads))
    at_best, *others = (lead[lead["seed"].isin(seeds)] for lead in leads)
    mean = pd.concat(others).groupby("seed", as_index=False).agg({"value": "mean", "images": "min"})
    where = best[0].name
    return best[0], at_best, mean.assign(condition=where, variant=best[2]["variant"].iloc[0])


def _found(part: Part, condition: Condition, mine: pd.DataFrame, other: pd.DataFrame) -> Found | None:
    """Return the differences over the seeds that have both; None without any."""
    if mine.empty or (isinstance(part.second, str) and other.empty):  # most parts of a study with few losses
        return None
    if isinstance(part.second, float):
        pairs = mine.assign(value=mine["value"] - part.second)
    else:
        pairs = differences(pd.concat([mine, other]), part.second)
    pairs = pairs.sort_values("seed", kind="stable")
    if pairs.empty:
        return None
    values = pairs["value"].astype("float64").to_numpy()
    middle = interval(values)
    pooled = [interval(one["value"].to_numpy()).sd for one in (mine, other) if len(one)]
    return Found(
        condition=condition,
        difference=middle,
        images=int(pairs["images"].min()),
        side=side(middle.low, middle.high),
        ranks=signed_rank(values),
        pooled=float(np.sqrt(np.mean(np.square(pooled)))),
    )
