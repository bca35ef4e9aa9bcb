from __future__ import annotations

import pandas as pd
import pytest

from hembench.stats.paired import differences


def cell(condition: str, variant: str, seed: int, value: float, images: int = 10) -> dict[str, object]:
    names = {
        "condition": condition,
        "dataset": "d",
        "network": "n",
        "recipe": "r",
        "variant": variant,
        "loss": variant,
    }
    return {**names, "seed": seed, "value": value, "images": images}


def test_pairs_share_condition_and_seed() -> None:
    cells = pd.DataFrame(
        [
            cell("a", "ce", 0, 0.5),
            cell("a", "ce", 1, 0.7, images=8),
            cell("a", "hem", 0, 0.6),
            cell("a", "hem", 1, 0.6),
            cell("a", "hem", 2, 0.9),  # no partner
            cell("b", "hem", 0, 0.9),  # a condition without the reference
        ]
    )
    found = differences(cells, "ce")
    assert found["variant"].tolist() == ["hem", "hem"]
    assert found["value"].tolist() == pytest.approx([0.1, -0.1])
    assert found["images"].tolist() == [10, 8]
    assert list(found.columns) == list(cells.columns)


def test_no_reference_no_rows() -> None:
    assert differences(pd.DataFrame([cell("a", "hem", 0, 0.5)]), "ce").empty
