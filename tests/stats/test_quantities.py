from __future__ import annotations

import pandas as pd
import pytest

from hembench.stats.quantities import CELL, QUANTITIES, per_cell


def row(
    variant: str, seed: int, kind: str, name: str, severity: int, value: float, **other: object
) -> dict[str, object]:
    names = {"condition": "d-n", "dataset": "d", "network": "n", "recipe": "r", "variant": variant}
    measured = {"kind": kind, "set": name, "severity": severity, "score": "", "metric": "accuracy"}
    return {**names, "loss": variant, "seed": seed, **measured, "value": value, "n": 50, **other}


def test_mean_over_corruptions_and_severities() -> None:
    frame = pd.DataFrame(
        [
            row("ce", 0, "corruption", "noise", 1, 0.8, n=40),
            row("ce", 0, "corruption", "noise", 2, 0.6),
            row("ce", 0, "corruption", "blur", 1, 0.1),
            row("ce", 0, "clean", "", 0, 0.9),
        ]
    )
    found = per_cell(frame, "corruption_accuracy")
    assert list(found.columns) == [*CELL, "seed", "value", "images"]
    assert found["value"].tolist() == pytest.approx([0.5])
    assert found["images"].tolist() == [40]
    assert per_cell(frame, "clean_accuracy")["value"].tolist() == [0.9]


def test_scores_are_kept_apart() -> None:
    frame = pd.DataFrame(
        [
            row("ce", 0, "ood", "blobs", 0, 0.7, metric="auroc", score="msp"),
            row("ce", 0, "ood", "blobs", 0, 0.9, metric="auroc", score="mls"),
        ]
    )
    assert per_cell(frame, "auroc_msp")["value"].tolist() == [0.7]
    assert per_cell(frame, "auroc_mls")["value"].tolist() == [0.9]
    assert per_cell(frame, "auroc_log_msp").empty


def test_a_cell_that_lacks_a_set_or_a_number_is_left_out() -> None:
    frame = pd.DataFrame(
        [
            row("ce", 0, "corruption", "noise", 1, 0.8),
            row("ce", 0, "corruption", "blur", 1, 0.6),
            row("ce", 1, "corruption", "noise", 1, 0.8),
            row("hem", 0, "corruption", "noise", 1, 0.8),
            row("hem", 0, "corruption", "blur", 1, float("nan")),
        ]
    )
    found = per_cell(frame, "corruption_accuracy")
    assert found[["variant", "seed"]].to_numpy().tolist() == [["ce", 0]]


def test_order_is_the_studys() -> None:
    frame = pd.DataFrame([row("ce", 0, "clean", "", 0, 0.9), row("hem", 0, "clean", "", 0, 0.8)])
    frame["variant"] = pd.Categorical(frame["variant"], ["hem", "ce"], ordered=True)
    assert per_cell(frame, "clean_accuracy")["variant"].astype(str).tolist() == ["hem", "ce"]


def test_every_quantity_says_what_is_better() -> None:
    assert {words["better"] for words in QUANTITIES.values()} <= {"larger", "neither"}
    assert len({words["label"] for words in QUANTITIES.values()}) == len(QUANTITIES)
