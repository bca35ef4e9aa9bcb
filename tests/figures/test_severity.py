from __future__ import annotations

import pandas as pd

from hembench.figures.severity import draw


def test_clean_is_severity_zero(metrics: pd.DataFrame) -> None:
    data = draw(metrics).data
    assert set(data.loc[data["set"] == "", "severity"]) == {0}
    assert set(data.loc[data["set"] == "blur", "severity"]) == {1, 2}
    assert set(data.columns) >= {"condition", "variant", "seed", "set", "severity", "value", "images"}


def test_corruptions_asked_for(metrics: pd.DataFrame) -> None:
    drawing = draw(metrics, corruptions=("noise", "fog"))
    assert set(drawing.data["set"]) == {"", "noise"}
    assert ">noise<" in drawing.wide
    assert ">blur<" not in drawing.wide


def test_a_condition_without_corruptions_has_no_block(metrics: pd.DataFrame) -> None:
    lacking = metrics[(metrics["condition"] != "d-m") | (metrics["kind"] != "corruption")]
    assert ">d-m<" not in draw(lacking).wide
