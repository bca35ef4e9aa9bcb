from __future__ import annotations

import pandas as pd
import pytest

from hembench.report._grid import Head, blocks, counted, span_of
from hembench.report.content import ReportTable


def number(mean: float, better: str = "larger", **names: object) -> dict[str, object]:
    values = {"mean": mean, "sd": 0.5, "n": 3, "low": mean - 1, "high": mean + 1, "images": 100}
    return {"condition": "d-n", **names, "better": better, **values}


def table(
    rows: list[dict[str, object]], heads: tuple[str, ...], columns: tuple[str, ...], **other: str
) -> ReportTable:
    return ReportTable("t", "T", "C", "t.csv", pd.DataFrame(rows), heads, columns, **other)  # type: ignore[arg-type]


def test_one_block_per_condition_with_what_stands_behind_it() -> None:
    rows = [number(1.0, variant="ce", label="A"), number(2.0, variant="ce", label="A", condition="d-m")]
    first, second = blocks(table(rows, ("variant",), ("label",)))
    assert (first.condition, second.condition) == ("d-n", "d-m")
    assert first.words == "3 seeds; 100 images behind a number"
    assert first.corner == ["loss"]
    assert first.header == [[Head("A", 1, "larger", "100")]]


def test_the_best_mean_is_marked_in_its_direction() -> None:
    rows = [
        number(mean, better, variant=variant, label=label)
        for label, better, means in (("A", "larger", (1, 2)), ("F", "smaller", (1, 2)), ("S", "neither", (1, 2)))
        for variant, mean in zip(("ce", "hem"), means, strict=True)
    ]
    (block,) = blocks(table(rows, ("variant",), ("label",)))
    assert [[cell.best for cell in row.cells] for row in block.rows] == [
        [False, True, False],
        [True, False, False],
    ]


def test_equal_to_two_decimals_is_equally_best_and_all_equal_is_not_best() -> None:
    rows = [number(2.001, variant="a", label="A"), number(2.004, variant="b", label="A")]
    (block,) = blocks(table(rows, ("variant",), ("label",)))
    assert not any(row.cells[0].best for row in block.rows)
    rows.append(number(1.0, variant="c", label="A"))
    (block,) = blocks(table(rows, ("variant",), ("label",)))
    assert [row.cells[0].best for row in block.rows] == [True, True, False]


def test_grouped_rows_and_columns_span() -> None:
    rows = [
        number(1.0, score=score, variant=variant, measure=measure, set=name)
        for score in ("msp", "mls")
        for variant in ("ce", "hem")
        for measure in ("AUROC", "FPR95")
        for name in ("blobs", "phase")
    ]
    (block,) = blocks(table(rows, ("score", "variant"), ("measure", "set")))
    assert block.header[0] == [Head("AUROC", 2, "larger"), Head("FPR95", 2, "larger")]
    assert [head.text for head in block.header[1]] == ["blobs", "phase"] * 2
    assert block.rows[0].heads == [Head("msp", 2), Head("ce", 1)]
    assert block.rows[1].heads == [Head("hem", 1)]
    assert [len(row.cells) for row in block.rows] == [4] * 4


def test_interleaved_groups_are_brought_together() -> None:
    rows = [number(1.0, score=s, variant=v, label="A") for v in ("ce", "hem") for s in ("msp", "mls")]
    (block,) = blocks(table(rows, ("score", "variant"), ("label",)))
    assert [row.heads[0].text for row in block.rows] == ["msp", "hem", "mls", "hem"]


def test_numbers_in_words() -> None:
    rows = [
        number(90.126, variant="ce", label="A"),
        number(3.0, variant="ce", label="B") | {"sd": float("nan"), "low": float("nan"), "n": 1},
        number(float("nan"), variant="ce", label="C"),
        number(1.0, variant="hem", label="A"),
    ]
    (block,) = blocks(table(rows, ("variant",), ("label",)))
    assert [(cell.mean, cell.spread) for cell in block.rows[0].cells] == [
        ("90.13", "± 0.50"),
        ("3.00", ""),
        ("–", ""),
    ]
    assert [cell.mean for cell in block.rows[1].cells] == ["1.00", "–", "–"]
    assert block.words.startswith("1 to 3 seeds")


def test_differences_have_signs_and_bounds() -> None:
    rows = [number(-0.5, "neither", variant="hem", label="A"), number(-0.001, "neither", variant="hem", label="B")]
    (block,) = blocks(table(rows, ("variant",), ("label",), show="interval"))
    first, second = block.rows[0].cells
    assert (first.mean, first.spread) == ("−0.50", "[−1.50, +0.50]")
    assert second.mean == "0.00"


@pytest.mark.parametrize(("counts", "words"), [([3, 3], "3"), ([2, 5], "2 to 5"), ([10000], "10,000")])
def test_spans(counts: list[int], words: str) -> None:
    assert span_of(counts) == words


def test_one_is_singular() -> None:
    assert (counted([1], "seed"), counted([1, 2], "seed")) == ("1 seed", "1 to 2 seeds")


def test_a_column_that_the_first_row_lacks_keeps_its_place() -> None:
    """Also in all blocks: a reader compares them."""
    rows = [
        *(number(1.0, variant="ce", label=label) for label in ("A", "D")),
        *(number(2.0, variant="hem", label=label) for label in ("A", "B", "C", "D")),
        *(number(3.0, variant="ce", label=label, condition="d-m") for label in ("C", "E", "D")),
    ]
    found = blocks(table(rows, ("variant",), ("label",)))
    assert [[head.text for head in block.header[0]] for block in found] == [["A", "B", "C", "D"], ["C", "E", "D"]]
    assert [cell.mean for cell in found[0].rows[0].cells] == ["1.00", "–", "–", "1.00"]
