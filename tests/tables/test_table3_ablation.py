from __future__ import annotations

import pandas as pd
import pytest

from hembench.tables.table3_ablation import tabulate


def test_steps_at_one_margin(ablated: dict[str, pd.DataFrame]) -> None:
    table = tabulate(**ablated)
    assert table["step"].tolist() == ["MM", "+ maz", "+ thres", "HEM (both)"]
    assert table["variant"].astype(str).tolist() == ["mm_m02", "mm_maz", "mm_thres", "hem"]
    assert table["mean"].tolist() == pytest.approx([95.0, 94.0, 93.0, 92.0])
    assert table["n"].tolist() == [2] * 4
    assert "Not measured" not in table.attrs["caption"]


def test_a_step_that_is_missing_is_said(ablated: dict[str, pd.DataFrame]) -> None:
    metrics = ablated["metrics"]
    table = tabulate(metrics[metrics["variant"] != "mm_thres"], ablated["variants"])
    assert table["step"].tolist() == ["MM", "+ maz", "HEM (both)"]
    (condition,) = set(table["condition"])
    assert table.attrs["caption"].endswith(f"Not measured on {condition}: + thres.")


def test_another_power_is_another_loss(ablated: dict[str, pd.DataFrame]) -> None:
    variants = ablated["variants"]
    other = (variants["variant"] == "hem") & (variants["option"] == "power")
    variants.loc[other, "value"] = 0.5
    assert "hem" not in set(tabulate(**ablated)["variant"])


def test_a_condition_without_the_steps_between_has_no_rows(ablated: dict[str, pd.DataFrame]) -> None:
    metrics = ablated["metrics"]
    assert tabulate(metrics[metrics["variant"].isin(["mm_m02", "hem"])], ablated["variants"]).empty
