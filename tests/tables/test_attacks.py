from __future__ import annotations

import pandas as pd
import pytest

from hembench.tables.attacks import tabulate


def test_robust_accuracy_first_then_dar_of_each_score(metrics: pd.DataFrame) -> None:
    table = tabulate(metrics)
    ce = table[table["variant"] == "ce"]
    assert ce["measure"].tolist() == ["Robust accuracy", "DAR (msp)", "DAR (mls)"]
    assert ce["mean"].tolist() == pytest.approx([2.0, 12.0, 22.0])
    assert ce["images"].tolist() == [20, 20, 20]


def test_scores_not_asked_for_are_left_out(metrics: pd.DataFrame) -> None:
    assert set(tabulate(metrics, scores=("energy",))["measure"]) == {"Robust accuracy", "DAR (energy)"}
