"""What a report shows: plain frozen data, made by the report stage from artefacts and drawn by page.py."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class ReportTable:
    """A tidy table and how to lay it out.

    Attributes:
        name: the plug-in's name, also the anchor in the page.
        title: heading.
        caption: what it shows, definitions, direction.
        csv: relative address of the tidy table as csv.
        frame: tidy rows in the order to be shown, with the columns condition, variant, mean, sd, n, images
            (mean and sd in per cent) and those of ``rows`` and ``columns``.
        rows: columns whose values head the rows (the plug-in's constant ROWS).
        columns: columns whose values head the columns (the plug-in's constant COLUMNS).
    """

    name: str
    title: str
    caption: str
    csv: str
    frame: pd.DataFrame
    rows: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ReportFigure:
    """A figure as svg text, once as wide as a page and (if there is one) once as narrow as a phone.

    ``csv`` is the relative address of its data.
    """

    name: str
    title: str
    caption: str
    csv: str
    svg: str
    svg_narrow: str = ""


@dataclass(frozen=True)
class Variant:
    """A loss with its options under its label; ``options`` as text, e.g. ``power 0.5``.

    ``colours`` are the hex colours that the figures give it on a light and on a dark page.
    """

    label: str
    loss: str
    options: str = ""
    colours: tuple[str, str] | None = None


@dataclass(frozen=True)
class Measured:
    """What stands behind the numbers of one condition.

    Attributes:
        condition: its name in the study.
        dataset: name of the data-set.
        network: label of the network.
        recipe: name of the recipe.
        variants: labels that have results.
        seeds: seeds that have results.
        train_images: number of training images.
        test_images: number of clean test images.
        complete: whether the data are the full published data-set (False: a subset or a made tree).
        sets: other things evaluated, in words, e.g. ``("4 OOD sets of 500 images", "attack on 60 images")``.
    """

    condition: str
    dataset: str
    network: str
    recipe: str
    variants: tuple[str, ...]
    seeds: tuple[int, ...]
    train_images: int
    test_images: int
    complete: bool
    sets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recorded:
    """One thing that manifests record (``torch``, ``device``, ``threads``): its values, each with how many
    results have it. More than one value is a mixture, and the report says so.
    """

    name: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Adoption:
    """A result that was taken over from another key instead of being computed."""

    stage: str
    cell: str
    key: str
    origin: str
    because: str


@dataclass(frozen=True)
class Provenance:
    """Where a condition's numbers are: the evaluate folder, relative to the report, and its key."""

    condition: str
    path: str
    key: str


@dataclass(frozen=True)
class ReportContent:
    """A whole report. ``headline`` is the summary table; ``config`` the study's YAML text; ``notes`` are
    warnings for the reader, shown first.
    """

    study: str
    title: str
    description: str
    config: str
    headline: ReportTable
    variants: tuple[Variant, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    figures: tuple[ReportFigure, ...] = ()
    measured: tuple[Measured, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    adoptions: tuple[Adoption, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    notes: tuple[str, ...] = ()
