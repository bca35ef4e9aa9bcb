from __future__ import annotations

import pandas as pd
import pytest

from hembench.tables.attacks import tabulate


def test_robust_accuracy_then_dar_of_each_score_then_outcomes_and_doubts(metrics: pd.DataFrame) -> None:
    table = tabulate(metrics, scores=("mls", "msp"))
    ce = table[(table["variant"] == "ce") & (table["set"] == "autoattack-Linf")]
    measures = ["Robust accuracy", "DAR (mls)", "DAR (msp)", "Fooled", "Wrong before", "Black box only"]
    assert ce["measure"].tolist() == measures
    assert ce["mean"].tolist() == pytest.approx([2.0, 22.0, 12.0, 92.0, 6.0, 1.0])
    assert ce["better"].tolist() == ["larger", "larger", "larger", "smaller", "neither", "neither"]
    assert ce["images"].tolist() == [20] * 6


def test_numbers_over_attacked_images_alone_have_columns_of_their_own(metrics: pd.DataFrame) -> None:
    table = tabulate(metrics)
    official = table[table["set"] == "official-Linf"]
    assert set(official["measure"]) == {"DAR of attacked (msp)", "Unfooled"}
    assert not set(table[table["set"] == "autoattack-Linf"]["measure"]) & set(official["measure"])
    assert official.loc[official["measure"] == "DAR of attacked (msp)", "images"].tolist() == [18, 18]


def test_attacks_then_variants_stand_in_the_order_of_the_study(metrics: pd.DataFrame) -> None:
    heads = tabulate(metrics)[["set", "variant"]].drop_duplicates()
    assert heads.to_numpy().tolist() == [
        ["autoattack-Linf", "hem"],
        ["autoattack-Linf", "ce"],
        ["official-Linf", "hem"],
        ["official-Linf", "ce"],
    ]


def test_scores_not_asked_for_are_left_out(metrics: pd.DataFrame) -> None:
    measures = set(tabulate(metrics, scores=("energy",))["measure"])
    assert {name for name in measures if name.startswith("DAR")} == {"DAR (energy)"}
