"""What a report shows: plain frozen data, made by the report stage from artefacts and drawn by page.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd


@dataclass(frozen=True)
class ReportTable:
    """A tidy table and how to lay it out.

    Attributes:
        name: the plug-in's name, also the anchor in the page.
        title: heading.
        caption: what it shows, definitions, direction.
        csv: relative address of the tidy table as csv.
        frame: tidy rows in the order to be shown, with the columns condition, variant, better ("larger",
            "smaller" or "neither"), mean, sd, n, low, high, images (mean to high in per cent) and those of
            ``rows`` and ``columns``.
        rows: columns whose values head the rows (the plug-in's constant ROWS).
        columns: columns whose values head the columns (the plug-in's constant COLUMNS).
        show: what stands beside a mean: "sd" for ± its standard deviation, "interval" for its bounds, with a
            sign before the mean.
    """

    name: str
    title: str
    caption: str
    csv: str
    frame: pd.DataFrame
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    show: Literal["sd", "interval"] = "sd"


@dataclass(frozen=True)
class ReportFigure:
    """A figure as svg text, as wide as a page and as narrow as a phone; ``csv`` is its data's address."""

    name: str
    title: str
    caption: str
    csv: str
    svg: str
    svg_narrow: str


@dataclass(frozen=True)
class Variant:
    """A loss with its options (as text, e.g. ``power 0.5``) under its label, and its place in the palette."""

    label: str
    loss: str
    options: str
    colour: int


@dataclass(frozen=True)
class Measured:
    """What stands behind the numbers of one condition.

    Attributes:
        condition: its name in the study.
        dataset: label of the data-set.
        network: label of the network.
        recipe: name of the recipe.
        variants: labels that have results, in the study's order.
        seeds: seeds that have results.
        networks: number of networks trained for it that were measured.
        test_images: number of clean test images.
        complete: whether these are all test images of the full published data-set; None: not known.
        sets: other things evaluated, in words, e.g. ``("4 OOD sets, 500 images each",)``.
    """

    condition: str
    dataset: str
    network: str
    recipe: str
    variants: tuple[str, ...]
    seeds: tuple[int, ...]
    networks: int
    test_images: int
    complete: bool | None
    sets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A data-set: where it comes from, its published sizes in words, whether it is the full published set."""

    name: str
    source: str
    sizes: str
    complete: bool


@dataclass(frozen=True)
class Recorded:
    """One thing that manifests record (``torch``, ``device``, ``threads``): its values, each with how many results
    have it; ``mixed``: results of one stage differ in it, and the report says so.
    """

    name: str
    counts: tuple[tuple[str, int], ...]
    mixed: bool


@dataclass(frozen=True)
class ReportComparison:
    """One comparison of a claim, in words: its verdict, what is compared, on how much it rests, what was found.

    ``log_msp`` is what was found with log-MSP in the place of MSP; None where that changes nothing.
    """

    verdict: str
    comparison: str
    coverage: str
    found: str
    log_msp: str | None = None


@dataclass(frozen=True)
class ReportClaim:
    """A claim of the paper and its verdict for one variant.

    Attributes:
        id: of the claim.
        words: what it says.
        numbers: what the paper quotes; "" for nothing.
        variant: label of the variant.
        verdict: "supported", "contradicted", "undecided" or "not measured".
        verdict_log_msp: the same with log-MSP in the place of MSP; None where that changes nothing.
        flips: whether these two differ.
        remark: what a reader must know besides.
        parts: its comparisons.
    """

    id: str
    words: str
    numbers: str
    variant: str
    verdict: str
    verdict_log_msp: str | None
    flips: bool
    remark: str
    parts: tuple[ReportComparison, ...] = ()

    @property
    def measured(self) -> bool:
        """Whether any of its comparisons was."""
        return any(part.verdict != "not measured" for part in self.parts)

    @property
    def summary(self) -> str:
        """How many comparisons have which verdict."""
        return tally([part.verdict for part in self.parts])

    @property
    def within(self) -> str:
        """The verdict by the comparisons that were measured alone."""
        found = [part.verdict for part in self.parts if part.verdict != "not measured"]
        return next((word for word in ("contradicted", "undecided") if word in found), "supported")

    @property
    def reach(self) -> str:
        """Its id, and whether a part of it lies beyond what was measured."""
        return f"{self.id} in part" if self.verdict == "not measured" else self.id

    @property
    def rests_on(self) -> str:
        """Conditions, data, seeds and images behind the comparisons that were measured."""
        return "; ".join(dict.fromkeys(part.coverage for part in self.parts if part.verdict != "not measured"))


def outcome(claims: Sequence[ReportClaim]) -> list[tuple[str, str, list[str]]]:
    """Return, for each variant, which measured claims are supported, contradicted and undecided."""
    found: dict[tuple[str, str], list[str]] = {}
    for claim in claims:
        found.setdefault((claim.variant, claim.within), []).append(claim.reach)
    order = ("supported", "contradicted", "undecided")
    variants = dict.fromkeys(claim.variant for claim in claims)
    return [(name, word, found[name, word]) for name in variants for word in order if (name, word) in found]


def tally(verdicts: Sequence[str]) -> str:
    """Return how often each verdict occurs: ``2 supported, 1 undecided``."""
    order = ("supported", "contradicted", "undecided", "not measured")
    return ", ".join(f"{verdicts.count(word)} {word}" for word in order if word in verdicts)


@dataclass(frozen=True)
class Adoption:
    """A result that was taken over from another key instead of being computed."""

    path: str
    origin: str
    because: str


@dataclass(frozen=True)
class Provenance:
    """Where a condition's numbers are: the evaluate folder, relative to the results folder, and its key."""

    condition: str
    path: str
    key: str


@dataclass(frozen=True)
class ReportContent:
    """A whole report.

    Attributes:
        study: its name.
        title: heading of the page.
        description: a few sentences of the study's author.
        config: the study's YAML text, defaults filled in.
        palette: (colour on a light page, on a dark one) of everything that figures hold.
        notes: warnings for the reader, shown before the numbers.
        commits: (commit of the code, how many trainings, predictions and attacks it made), the most first.
        claims: the verdicts on the paper's claims; none where the study does not ask for them.
        margin: how far apart still counts as comparable, in points.
    """

    study: str
    title: str
    description: str
    config: str
    palette: tuple[tuple[str, str], ...]
    variants: tuple[Variant, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    figures: tuple[ReportFigure, ...] = ()
    measured: tuple[Measured, ...] = ()
    sources: tuple[Source, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    adoptions: tuple[Adoption, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    commits: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    claims: tuple[ReportClaim, ...] = ()
    margin: float = 1.0
