"""A report as one self-contained html page."""

from __future__ import annotations

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from hembench.report._claims import CLAIMS
from hembench.report._grid import blocks, span_of
from hembench.report._sheet import SHEET
from hembench.report._template import PAGE
from hembench.report._vector import inline
from hembench.report.content import ReportContent, outcome, tally

HEADLINE = "summary"
"""The table that opens a report, if the study has it; else its first table does."""

COMPLETENESS = {True: "complete", False: "a subset", None: "completeness not known"}


def render(content: ReportContent) -> str:
    """Return the page: html with its styles and figures inside; it loads nothing.

    Tables and data of figures lie beside it as csv, under the addresses that the content names. Links to the
    results go to ``../../results/``, where they are if the study doesn't say otherwise.
    """
    headline = next((table for table in content.tables if table.name == HEADLINE), None)
    headline = headline or (content.tables[0] if content.tables else None)
    others = [table for table in content.tables if table is not headline]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    svgs = {
        figure.name: tuple(
            Markup(inline(svg, f"{figure.name}-{size}", f"{figure.title}. {figure.caption}", content.palette))
            for size, svg in (("wide", figure.svg), ("narrow", figure.svg_narrow))
        )
        for figure in content.figures
    }
    colours = {variant.label: f"var(--p{variant.colour})" for variant in content.variants}
    return environment.from_string(PAGE).render(
        content=content,
        sheet=Markup(SHEET + _colours(content.palette)),
        facts=_facts(content),
        contents=_contents(content, headline is not None, bool(others)),
        headline=headline,
        others=others,
        grids={table.name: blocks(table) for table in content.tables},
        svgs=svgs,
        colours=colours,
        claims=Markup(_claims(environment, content, colours)),
        completeness=COMPLETENESS,
        mixed=[one.name for one in content.recorded if one.mixed],
    )


def _claims(environment: Environment, content: ReportContent, colours: dict[str, str]) -> str:
    """Return the section on the paper's claims; nothing where there are none."""
    if not content.claims:
        return ""
    measured = [claim for claim in content.claims if claim.measured]
    return environment.from_string(CLAIMS).render(
        measured=measured,
        outcome=outcome(measured),
        others=[claim for claim in content.claims if not claim.measured],
        counts=tally([claim.verdict for claim in content.claims]),
        margin=f"{content.margin:g}",
        colours=colours,
    )


def _colours(palette: tuple[tuple[str, str], ...]) -> str:
    light = "".join(f"--p{place}:{pair[0]};" for place, pair in enumerate(palette))
    dark = "".join(f"--p{place}:{pair[1]};" for place, pair in enumerate(palette))
    return f":root {{{light}}}\n@media screen and (prefers-color-scheme: dark) {{ :root {{{dark}}} }}\n"


def _facts(content: ReportContent) -> list[tuple[str, str]]:
    """Return the numbers at the top of the page with their names."""
    facts = [("conditions", f"{len(content.measured):,}"), ("losses", f"{len(content.variants):,}")]
    if content.measured:
        facts += [
            ("seeds", span_of([len(one.seeds) for one in content.measured])),
            ("networks trained", f"{sum(one.networks for one in content.measured):,}"),
            ("clean test images", span_of([one.test_images for one in content.measured])),
        ]
    return facts


def _contents(content: ReportContent, headline: bool, tables: bool) -> list[tuple[str, str]]:
    parts = [
        ("results", "Results", headline),
        ("claims", "The paper's claims", bool(content.claims)),
        ("losses", "Losses", True),
        ("figures", "Figures", bool(content.figures)),
        ("tables", "Tables", tables),
        ("behind", "What stands behind", True),
        ("provenance", "Where the numbers are", True),
        ("machines", "Machines and versions", bool(content.recorded)),
        ("study", "The study", True),
    ]
    return [(anchor, words) for anchor, words, there in parts if there]
