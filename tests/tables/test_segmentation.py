from __future__ import annotations

import pandas as pd
import pytest

from hembench.tables import classes as of_classes
from hembench.tables.segmentation import QUANTITIES, tabulate


def test_reductions_in_the_order_of_the_table_with_their_directions(of_pixels: pd.DataFrame) -> None:
    parts = [of_pixels.assign(metric=metric, value=of_pixels["value"] / 2) for metric in reversed(QUANTITIES)]
    table = tabulate(pd.concat([*parts, of_pixels.assign(kind="clean", metric="accuracy")], ignore_index=True))
    assert table["quantity"].tolist() == 2 * list(QUANTITIES)
    assert table["variant"].astype(str).tolist() == ["hem"] * 5 + ["ce"] * 5
    assert set(table.loc[table["variant"] == "ce", "mean"].round(6)) == {46.0}
    assert dict(zip(table["quantity"], table["better"], strict=True))["collapsed"] == "smaller"
    assert set(table["images"]) == {20}


def test_classes_are_headed_by_name_and_share_of_pixels(classes: pd.DataFrame) -> None:
    table = of_classes.tabulate(classes)
    assert table["label"].tolist() == 2 * ["road (90 %)", "bus (10 %)"]
    assert table["mean"].tolist() == pytest.approx([96.0, 48.0, 92.0, 46.0])
    assert table["n"].tolist() == [2] * 4


def test_a_class_without_iou_has_no_row(classes: pd.DataFrame) -> None:
    table = of_classes.tabulate(classes.assign(value=classes["value"].where(classes["name"] == "road")))
    assert table["label"].tolist() == 2 * ["road (90 %)"]
