from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hembench.core.errors import PluginError
from hembench.stages import table
from hembench.stages.api import Inputs
from hembench.store.content import frame, read_frame, read_json
from hembench.tables import summary


def rows(condition: str, variants: list[str]) -> pd.DataFrame:
    names = {"condition": condition, "dataset": "d", "network": "n", "recipe": "r"}
    measured = {"kind": "clean", "set": "", "severity": 0, "score": "", "metric": "accuracy", "n": 50}
    return pd.DataFrame(
        [
            {**names, "variant": variant, "loss": variant, "seed": seed, **measured, "value": 0.9 + 0.01 * seed}
            for variant in variants
            for seed in range(2)
        ]
    )


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for condition, variants in (("a-n", ["ce", "hem"]), ("b-n", ["hem", "la"])):
        folder = tmp_path / condition
        folder.mkdir()
        frame(rows(condition, variants))(folder / "metrics.parquet")
        frame(pd.DataFrame({"condition": [condition], "variant": ["hem"], "epoch": [1]}))(
            folder / "histories.parquet"
        )
        found[f"evaluate.{condition}"] = folder
    return found


def options(**given: object) -> dict[str, object]:
    named = {"table": {"name": "summary", "options": given}, "study": "s"}
    return {**named, "conditions": ["b-n", "a-n"], "variants": ["la", "hem", "ce"]}


def test_writes_the_table_in_the_order_of_the_options(folders: dict[str, Path], tmp_path: Path) -> None:
    contents = table.compute(Inputs(folders=folders, plugins={"table": summary.tabulate}), options())
    assert sorted(contents) == ["table.csv", "table.json", "table.parquet"]
    for name, write in contents.items():
        write(tmp_path / name)
    found = read_frame(tmp_path / "table.parquet")
    assert found[["condition", "variant"]].to_numpy().tolist() == [
        ["b-n", "la"],
        ["b-n", "hem"],
        ["a-n", "hem"],
        ["a-n", "ce"],
    ]
    words = read_json(tmp_path / "table.json")
    assert words["name"] == "summary"
    assert words["title"] == summary.TITLE
    assert words["caption"] == summary.CAPTION
    assert (words["rows"], words["columns"], words["show"]) == (summary.ROWS, summary.COLUMNS, "sd")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "table.csv"), found, check_dtype=False)


def test_frames_go_to_parameters_by_name_and_options_by_keyword(folders: dict[str, Path]) -> None:
    got = {}

    def tabulate(histories: pd.DataFrame, metrics: pd.DataFrame, *, level: int = 0) -> pd.DataFrame:
        got.update(histories=histories, metrics=metrics, level=level)
        return metrics

    table.compute(Inputs(folders=folders, plugins={"table": tabulate}), options(level=3))
    assert "epoch" in got["histories"]
    assert "metric" in got["metrics"]
    assert got["level"] == 3
    assert list(got["histories"]["variant"].cat.categories) == ["la", "hem", "ce"]


def test_an_unknown_frame_is_refused(folders: dict[str, Path]) -> None:
    def tabulate(numbers: pd.DataFrame) -> pd.DataFrame:
        return numbers

    with pytest.raises(PluginError, match=r"'numbers'.*metrics, histories, histograms"):
        table.compute(Inputs(folders=folders, plugins={"table": tabulate}), options())
