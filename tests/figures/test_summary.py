from __future__ import annotations

import pandas as pd
import pytest

from hembench.figures.summary import draw


def test_what_a_condition_has_not_leaves_its_place_empty(metrics: pd.DataFrame) -> None:
    episodes = metrics["kind"] == "episodes"
    mixed = metrics[(metrics["condition"] == "d-m") == episodes]  # d-m learns in episodes, d-n does not
    svg = draw(mixed).wide
    assert svg.count(">Final accuracy, learnt in episodes<") == 1
    assert svg.count(">Clean accuracy<") == 1
    assert svg.count(">ce<") == 2, "the variants are named in both"


def test_data_holds_every_seed_in_per_cent(metrics: pd.DataFrame) -> None:
    data = draw(metrics).data
    chosen = (metrics["kind"] == "clean") & (metrics["condition"] == "d-m") & (metrics["variant"] == "ce")
    mine = data[(data["quantity"] == "clean_accuracy") & (data["condition"] == "d-m") & (data["variant"] == "ce")]
    assert mine["value"].tolist() == pytest.approx((100 * metrics.loc[chosen, "value"]).tolist())
    assert len(data) == 15 * 6


def test_only_what_is_asked_for_and_measured(metrics: pd.DataFrame) -> None:
    drawing = draw(metrics, quantities=("dar_msp", "dar_mls"))
    assert set(drawing.data["quantity"]) == {"dar_msp"}
    assert "DAR (MSP)" in drawing.wide
    assert "DAR (MLS)" not in drawing.wide


def test_every_seed_is_a_dot(metrics: pd.DataFrame) -> None:
    one = metrics[(metrics["condition"] == "d-n") & (metrics["variant"] == "hem")]
    three, two = (draw(part, quantities=("clean_accuracy",)).wide for part in (one, one[one["seed"] < 2]))
    assert three.count("<use ") == two.count("<use ") + 1
