from __future__ import annotations

import math

import pandas as pd
import pytest

from hembench.tables.summary import tabulate


def test_means_in_per_cent_in_the_studys_order(metrics: pd.DataFrame) -> None:
    table = tabulate(metrics)
    clean = table[table["quantity"] == "clean_accuracy"]
    assert clean["variant"].astype(str).tolist() == ["hem", "ce"]
    assert clean["mean"].tolist() == pytest.approx([96.0, 92.0])
    assert clean["sd"].tolist() == pytest.approx([math.sqrt(2), math.sqrt(8)])
    assert clean["n"].tolist() == [2, 2]
    # t(1) at 97.5 % = 12.7062; half-width = t * sd / sqrt(2)
    assert clean["high"].tolist() == pytest.approx([96 + 12.7062, 92 + 2 * 12.7062], abs=1e-3)
    first = table[table["variant"] == "hem"]["quantity"].tolist()
    assert first == [
        "clean_accuracy",
        "corruption_accuracy",
        "auroc_msp",
        "auroc_log_msp",
        "dar_msp",
        "dar_mls",
        "saturation",
    ]


def test_corruptions_are_averaged(metrics: pd.DataFrame) -> None:
    table = tabulate(metrics)
    corrupted = table[(table["quantity"] == "corruption_accuracy") & (table["variant"] == "ce")]
    assert corrupted["mean"].tolist() == pytest.approx([72.0])


def test_one_seed_has_a_mean_alone(metrics: pd.DataFrame) -> None:
    table = tabulate(metrics[metrics["seed"] == 0])
    assert table["n"].eq(1).all()
    assert table["mean"].notna().all()
    assert table[["sd", "low", "high"]].isna().all(axis=None)
