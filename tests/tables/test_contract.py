"""What every table keeps to, whichever it is."""

from __future__ import annotations

import pandas as pd
import pytest

from hembench.core import plugins
from hembench.stats.quantities import CELL

NAMES = plugins.names("tables")
VALUES = ["mean", "sd", "n", "low", "high", "images"]


@pytest.fixture
def frames(
    name: str,
    metrics: pd.DataFrame,
    of_episodes: pd.DataFrame,
    of_pixels: pd.DataFrame,
    classes: pd.DataFrame,
    parts: pd.DataFrame,
    ablated: dict[str, pd.DataFrame],
    two_recipes: dict[str, pd.DataFrame],
) -> list[pd.DataFrame]:
    """Return the frames that a table asks for, of a study that has what the table is about."""
    wanted, _ = plugins.signature("tables", name)
    of_task = {"continual": of_episodes, "segmentation": of_pixels}
    known = {"metrics": of_task.get(name, metrics), "parts": parts, "classes": classes}
    known |= ablated if "variants" in wanted else {}
    known |= two_recipes if "conditions" in wanted else {}
    return [known[one] for one in wanted]


@pytest.mark.parametrize("name", NAMES)
def test_columns_and_words(name: str, frames: list[pd.DataFrame]) -> None:
    module = plugins.load("tables", name)
    table = module.tabulate(*frames)
    assert len(table)
    assert list(table.columns[: len(CELL)]) == CELL
    assert list(table.columns[-len(VALUES) :]) == VALUES
    assert set(table["better"]) <= {"larger", "smaller", "neither"}
    assert {*module.ROWS, *module.COLUMNS} <= set(table.columns)
    assert not table[[*CELL[:1], *module.ROWS, *module.COLUMNS]].duplicated().any()
    words = table.attrs
    assert (words["title"], words["rows"], words["columns"]) == (module.TITLE, module.ROWS, module.COLUMNS)
    assert words["caption"]
    assert words["show"] in ("sd", "interval")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_measured_gives_no_rows(name: str, frames: list[pd.DataFrame]) -> None:
    table = plugins.load("tables", name).tabulate(*(frame.iloc[:0] for frame in frames))
    assert table.empty
    assert list(table.columns[-len(VALUES) :]) == VALUES


@pytest.mark.parametrize("name", NAMES)
def test_the_metrics_are_left_alone(name: str, frames: list[pd.DataFrame]) -> None:
    before = [frame.copy(deep=True) for frame in frames]
    plugins.load("tables", name).tabulate(*frames)
    for frame, was in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(frame, was)
