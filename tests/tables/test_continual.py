from __future__ import annotations

import pandas as pd
import pytest

from hembench.stats.quantities import CELL
from hembench.tables import differences
from hembench.tables.continual import tabulate


def rows(*values: tuple[str, int, str, float]) -> pd.DataFrame:
    names = dict(zip(CELL, ["split-si", "split", "mlp", "quick", "", ""], strict=True))
    table = pd.DataFrame(
        [
            {
                **names,
                "variant": variant,
                "loss": variant,
                "seed": seed,
                "kind": "episodes",
                "set": "",
                "severity": 0,
            }
            | {"score": "", "metric": metric, "value": value, "n": 60}
            for variant, seed, metric, value in values
        ]
    )
    table["condition"] = pd.Categorical(table["condition"], ["split-si"], ordered=True)
    table["variant"] = pd.Categorical(table["variant"], ["hem", "ce"], ordered=True)
    return table


def test_means_over_seeds_in_per_cent_in_the_order_of_the_study():
    metrics = rows(
        ("ce", 0, "forgetting", 0.5),
        ("ce", 0, "final_accuracy", 0.2),
        ("ce", 1, "final_accuracy", 0.4),
        ("hem", 0, "final_accuracy", 0.9),
    )
    table = tabulate(metrics)
    assert table["variant"].tolist() == ["hem", "ce", "ce"]
    assert table["quantity"].tolist() == ["final_accuracy", "final_accuracy", "forgetting"]
    assert table["mean"].tolist() == pytest.approx([90.0, 30.0, 50.0])
    assert table["sd"].tolist()[1] == pytest.approx(14.142, abs=1e-3)
    assert table["n"].tolist() == [1, 2, 1]
    assert set(table["images"]) == {60}
    assert dict(zip(table["quantity"], table["better"], strict=True)) == {
        "final_accuracy": "larger",
        "forgetting": "smaller",
    }


def test_other_kinds_of_rows_are_left_out():
    metrics = rows(("ce", 0, "final_accuracy", 0.2))
    other = metrics.assign(kind="clean", metric="accuracy", value=0.99)
    assert len(tabulate(pd.concat([metrics, other], ignore_index=True))) == 1


def test_nothing_learnt_in_episodes_gives_an_empty_table_with_its_columns():
    metrics = rows(("ce", 0, "final_accuracy", 0.2)).assign(kind="clean")
    table = tabulate(metrics)
    assert len(table) == 0
    assert list(table.columns)[:6] == CELL


def test_the_final_accuracy_is_compared_seed_by_seed_too(of_episodes):
    table = differences.tabulate(of_episodes)
    assert table["quantity"].tolist() == ["final_accuracy"]
    assert table["variant"].astype(str).tolist() == ["hem"]
    assert table["mean"].tolist() == pytest.approx([4.0])  # (95 - 90 + 97 - 94) / 2
