from __future__ import annotations

import pandas as pd
import pytest

from hembench.tables.ood import tabulate


def test_scores_in_the_order_asked_for(metrics: pd.DataFrame) -> None:
    assert tabulate(metrics)["score"].drop_duplicates().tolist() == ["msp", "log_msp"]
    assert tabulate(metrics, scores=("log_msp", "msp"))["score"].drop_duplicates().tolist() == ["log_msp", "msp"]
    assert tabulate(metrics, scores=("log_msp",))["score"].unique().tolist() == ["log_msp"]


def test_direction_of_each_measure(metrics: pd.DataFrame) -> None:
    table = tabulate(metrics, scores=("msp",))
    assert dict(zip(table["measure"], table["better"], strict=True)) == {"AUROC": "larger", "FPR95": "smaller"}
    chosen = table[(table["measure"] == "FPR95") & (table["variant"] == "ce")]
    assert chosen["mean"].tolist() == pytest.approx([42.0])
    assert chosen["images"].tolist() == [50]
