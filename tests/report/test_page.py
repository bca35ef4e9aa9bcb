from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from hembench.report.content import (
    Adoption,
    Measured,
    Provenance,
    Recorded,
    ReportContent,
    ReportFigure,
    ReportTable,
    Source,
    Variant,
)
from hembench.report.page import render

SVG = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="10pt" height="10pt" viewBox="0 0 10 10"
 xmlns="http://www.w3.org/2000/svg" version="1.1">
<metadata><x xmlns:x="http://x.example/"/></metadata>
<defs><style type="text/css">*{stroke: red}</style><clipPath id="c"><path d="M 0 0"/></clipPath></defs>
<g clip-path="url(#c)"><path id="m" style="fill: #0072b2"/><use xlink:href="#m" x="1"/></g>
</svg>
"""
VOID = {"meta", "link", "br", "hr", "img", "input"}
EVIL = "<script>alert(\"x\")</script> & 'more'"


class Page(HTMLParser):
    """Collects elements and complains about tags that don't match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def content() -> ReportContent:
    rows = [
        {"condition": "d-n", "variant": v, "label": "Clean accuracy", "better": "larger", "mean": m, "sd": 0.1}
        | {"n": 3, "low": m - 1, "high": m + 1, "images": 100}
        for v, m in (("ce", 90.0), ("hem", 91.0))
    ]
    summary = ReportTable(
        "summary", "Headline", "What it shows.", "t.csv", pd.DataFrame(rows), ("variant",), ("label",)
    )
    return ReportContent(
        study="demo",
        title="A title",
        description="A description",
        config="study: demo\n",
        palette=(("#0072b2", "#5aa9e6"), ("#c27700", "#f0b340")),
        variants=(Variant("ce", "ce", "", 0), Variant("hem", "hem", "power 0.5", 1)),
        tables=(summary, replace(summary, name="other", title="Another", csv="o.csv")),
        figures=(ReportFigure("curves", "Curves", "A caption.", "c.csv", SVG, SVG),),
        measured=(Measured("d-n", "d", "n", "r", ("ce", "hem"), (0, 1, 2), 6, 100, True, ("1 OOD set",)),),
        sources=(Source("d", "a place", "100 test images", True),),
        recorded=(Recorded("torch", (("2.11", 1), ("2.13", 5)), True), Recorded("device", (("cpu", 6),), False)),
        adoptions=(Adoption("train/x/1", "train/x/0", "renamed"),),
        provenance=(Provenance("d-n", "evaluate/d-n/5cc820a358f1", "5cc820a358f1"),),
        notes=("Three seeds are few.",),
    )


def test_well_formed_with_one_of_each_id(content: ReportContent) -> None:
    page = Page(render(content))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert [tag for tag, _ in page.elements].count("h1") == 1


def test_loads_nothing(content: ReportContent) -> None:
    html = render(content)
    assert not re.search(r"https?://", html)
    assert "@import" not in html
    assert "url(" not in html.replace("url(#", "")
    for tag, attributes in Page(html).elements:
        assert "src" not in attributes
        assert tag not in ("script", "iframe", "img", "object")


def test_links_lead_somewhere(content: ReportContent) -> None:
    page = Page(render(content))
    ids = {attributes.get("id") for _, attributes in page.elements}
    links = [str(attributes["href"]) for tag, attributes in page.elements if tag == "a"]
    assert all(link[1:] in ids for link in links if link.startswith("#"))
    outside = {link for link in links if not link.startswith("#")}
    assert outside == {"t.csv", "o.csv", "c.csv", "../../results/evaluate/d-n/5cc820a358f1/"}


def test_labels_point_at_something(content: ReportContent) -> None:
    page = Page(render(content))
    ids = {attributes.get("id") for _, attributes in page.elements}
    assert all(a["aria-labelledby"] in ids for _, a in page.elements if "aria-labelledby" in a)
    assert all(a.get("aria-label") for tag, a in page.elements if tag == "svg" or a.get("role") == "region")


def test_ids_of_figures_are_their_own(content: ReportContent) -> None:
    html = render(content)
    for prefix in ("curves-wide", "curves-narrow"):
        assert f'id="{prefix}-m"' in html
        assert f'xlink:href="#{prefix}-m"' in html
        assert f"url(#{prefix}-c)" in html


def test_figures_take_the_pages_colours_and_leave_its_styles_alone(content: ReportContent) -> None:
    html = render(content)
    assert "fill: var(--p0)" in html
    assert "--p0:#5aa9e6" in html
    assert "stroke: red" not in html


def test_texts_of_people_are_escaped(content: ReportContent) -> None:
    table = content.tables[0]
    frame = table.frame.assign(condition=EVIL, variant=EVIL, label=EVIL)
    evil = replace(
        content,
        study=EVIL,
        title=EVIL,
        description=EVIL,
        config=EVIL,
        tables=(replace(table, title=EVIL, caption=EVIL, frame=frame),),
        figures=(replace(content.figures[0], title=EVIL, caption=EVIL),),
        variants=(Variant(EVIL, EVIL, EVIL, 0),),
        measured=(replace(content.measured[0], condition=EVIL, dataset=EVIL, sets=(EVIL,)),),
        sources=(Source(EVIL, EVIL, EVIL, False),),
        recorded=(Recorded(EVIL, ((EVIL, 1),), False),),
        adoptions=(Adoption(EVIL, EVIL, EVIL),),
        provenance=(Provenance(EVIL, EVIL, EVIL),),
        notes=(EVIL,),
    )
    html = render(evil)
    assert "<script" not in html
    page = Page(html)
    assert "".join(page.text).count('alert("x")') > 15


def test_says_what_is_mixed_and_taken_over(content: ReportContent) -> None:
    text = " ".join("".join(Page(render(content)).text).split())
    assert "Mixed in this study: torch." in text
    assert "train/x/1 is train/x/0: renamed" in text
    same = replace(content, recorded=content.recorded[1:], adoptions=())
    text = " ".join("".join(Page(render(same)).text).split())
    assert "All results of this study agree" in text
    assert "Taken over" not in text


@pytest.mark.parametrize(
    ("complete", "words"), [(True, "100, complete"), (False, "a subset"), (None, "not known")]
)
def test_says_whether_the_data_are_complete(content: ReportContent, complete: bool | None, words: str) -> None:
    html = render(replace(content, measured=(replace(content.measured[0], complete=complete),)))
    assert words in html


def test_the_summary_opens_wherever_the_study_lists_it(content: ReportContent) -> None:
    html = render(replace(content, tables=content.tables[::-1]))
    assert html.index("Headline</h2>") < html.index("Another</h3>")


def test_an_empty_study_is_a_page_too() -> None:
    html = render(ReportContent("s", "T", "", "study: s\n", (("#0072b2", "#5aa9e6"),)))
    assert "Figures" not in html
    Page(html)


def test_same_content_same_bytes(content: ReportContent) -> None:
    assert render(content) == render(content)
