"""What every table keeps to, whichever it is."""

from __future__ import annotations

import pandas as pd
import pytest

from hembench.core import plugins
from hembench.stats.quantities import CELL

VALUES = ["mean", "sd", "n", "low", "high", "images"]


@pytest.mark.parametrize("name", plugins.names("tables"))
def test_columns_and_words(name: str, metrics: pd.DataFrame) -> None:
    module = plugins.load("tables", name)
    table = module.tabulate(metrics)
    assert len(table)
    assert list(table.columns[: len(CELL)]) == CELL
    assert list(table.columns[-len(VALUES) :]) == VALUES
    assert set(table["better"]) <= {"larger", "smaller", "neither"}
    assert {*module.ROWS, *module.COLUMNS} <= set(table.columns)
    assert not table[[*CELL[:1], *module.ROWS, *module.COLUMNS]].duplicated().any()
    words = table.attrs
    assert (words["title"], words["rows"], words["columns"]) == (module.TITLE, module.ROWS, module.COLUMNS)
    assert words["caption"]
    assert words["show"] in ("sd", "interval")


@pytest.mark.parametrize("name", plugins.names("tables"))
def test_nothing_measured_gives_no_rows(name: str, metrics: pd.DataFrame) -> None:
    table = plugins.load("tables", name).tabulate(metrics.iloc[:0])
    assert table.empty
    assert list(table.columns[-len(VALUES) :]) == VALUES


@pytest.mark.parametrize("name", plugins.names("tables"))
def test_the_metrics_are_left_alone(name: str, metrics: pd.DataFrame) -> None:
    before = metrics.copy(deep=True)
    plugins.load("tables", name).tabulate(metrics)
    pd.testing.assert_frame_equal(metrics, before)
