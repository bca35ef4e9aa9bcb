"""Figures 9 and 10 of the paper."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from hembench.figures import fig9_temperature_and_margin, fig10_hem_margin
from hembench.figures._sweep import Sweep, _apart, _positions, _tried

MARGIN = Sweep("hem", "margin", "margin of HEM")


def test_values_come_from_the_options_of_the_variants(swept: dict[str, pd.DataFrame]) -> None:
    data = fig10_hem_margin.draw(**swept).data
    settings = data.groupby("variant")["setting"].first()
    assert settings[[f"hem_{place}" for place in range(4)]].tolist() == [0.0, 0.2, 1.0, 5.0]
    assert math.isnan(settings["hem"]), "left to a rule"
    clean = data[(data["quantity"] == "clean_accuracy") & (data["condition"] == "d-n") & (data["seed"] == 0)]
    was = swept["metrics"]
    was = was[(was["kind"] == "clean") & (was["condition"] == "d-n") & (was["seed"] == 0)]
    was = was[was["loss"] == "hem"].set_index("variant")["value"]
    assert clean.set_index("variant")["value"].to_dict() == pytest.approx((100.0 * was).to_dict())


def test_only_variants_that_differ_in_nothing_else(swept: dict[str, pd.DataFrame]) -> None:
    variants = swept["variants"].copy()
    other = (variants["variant"] == "hem_2") & (variants["option"] == "power")
    variants.loc[other, "value"] = 0.5
    assert set(_tried(variants, MARGIN)["variant"]) == {"hem", "hem_0", "hem_1", "hem_3"}


def test_two_values_are_no_sweep(metrics: pd.DataFrame, swept: dict[str, pd.DataFrame]) -> None:
    few = swept["metrics"][swept["metrics"]["variant"].isin(["hem_0", "hem_1", "ln_0", "ln_1", "ln_2"])]
    drawing = fig9_temperature_and_margin.draw(few, swept["variants"])
    assert set(drawing.data["loss"]) == {"ln"}
    assert "Not measured at 3 values or more: margin of MM." in drawing.caption
    nothing = fig10_hem_margin.draw(few, swept["variants"])
    assert nothing.data.empty
    assert "margin of HEM at 3 values or more" in nothing.wide


def test_a_score_that_was_not_measured_is_named(swept: dict[str, pd.DataFrame]) -> None:
    assert "Not measured: AUROC (MLS)." in fig10_hem_margin.draw(**swept).caption


def test_the_rules_margin_is_a_line(swept: dict[str, pd.DataFrame]) -> None:
    with_rule = fig10_hem_margin.draw(**swept).wide
    without = swept["metrics"][swept["metrics"]["variant"] != "hem"]
    assert "stroke-dasharray" in with_rule
    assert "stroke-dasharray" not in fig10_hem_margin.draw(without, swept["variants"]).wide


def test_zero_stands_left_of_all_others() -> None:
    assert _positions([0.0, 0.1, 10.0]) == pytest.approx([-1.5, -1.0, 1.0])
    assert _positions([0.0]) == [-0.5]


def test_labels_that_would_run_into_each_other_are_left_out() -> None:
    assert _apart([0.0, 0.1, 1.0], inches=1.0) == {0.0, 1.0}
    assert _apart([0.0, 0.1, 1.0], inches=9.0) == {0.0, 0.1, 1.0}
