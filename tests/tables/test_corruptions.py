from __future__ import annotations

import pandas as pd
import pytest

from hembench.tables.corruptions import tabulate


def test_each_severity_apart(metrics: pd.DataFrame) -> None:
    table = tabulate(metrics)
    ce = table[table["variant"] == "ce"]
    assert ce["severity"].tolist() == ["severity 1", "severity 2"]
    assert ce["mean"].tolist() == pytest.approx([82.0, 62.0])
    assert set(table["set"]) == {"blur"}
