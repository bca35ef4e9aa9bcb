from __future__ import annotations

import math

import pandas as pd
import pytest

from hembench.tables.differences import tabulate


def test_paired_by_seed(metrics: pd.DataFrame) -> None:
    table = tabulate(metrics)
    assert set(table["variant"].astype(str)) == {"hem"}
    clean = table[table["quantity"] == "clean_accuracy"].iloc[0]
    # seed 0: +5 points, seed 1: +3 points
    assert clean["mean"] == pytest.approx(4.0)
    assert clean["sd"] == pytest.approx(math.sqrt(2))
    assert clean["high"] - clean["mean"] == pytest.approx(12.7062, abs=1e-3)
    assert "difference to ce" in table.attrs["caption"]


def test_another_reference(metrics: pd.DataFrame) -> None:
    table = tabulate(metrics, reference="hem")
    assert table.loc[table["quantity"] == "clean_accuracy", "mean"].tolist() == pytest.approx([-4.0])
    assert table["reference"].unique().tolist() == ["hem"]


def test_an_absent_reference_gives_no_rows(metrics: pd.DataFrame) -> None:
    assert tabulate(metrics, reference="ln").empty
