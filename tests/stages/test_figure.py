from __future__ import annotations

from pathlib import Path

import pandas as pd

from hembench.figures._style import Drawing
from hembench.stages import figure
from hembench.stages.api import Inputs
from hembench.store.content import frame, read_json, read_text


def draw(histories: pd.DataFrame, *, thick: bool = False) -> Drawing:
    return Drawing("Title", f"Caption, {thick}", "<svg>wide</svg>", "<svg>narrow</svg>", histories)


def test_writes_both_widths_and_the_data(tmp_path: Path) -> None:
    frame(pd.DataFrame({"condition": ["a-n"], "variant": ["ce"], "value": [0.5]}))(tmp_path / "histories.parquet")
    inputs = Inputs(folders={"evaluate.a-n": tmp_path}, plugins={"figure": draw})
    named = {"figure": {"name": "curves", "options": {"thick": True}}, "study": "s"}
    contents = figure.compute(inputs, {**named, "conditions": ["a-n"], "variants": ["hem", "ce"]})
    assert sorted(contents) == ["data.csv", "figure.json", "figure.svg", "figure_narrow.svg"]
    for name, write in contents.items():
        write(tmp_path / name)
    assert read_text(tmp_path / "figure.svg") == "<svg>wide</svg>"
    assert read_text(tmp_path / "figure_narrow.svg") == "<svg>narrow</svg>"
    assert read_text(tmp_path / "data.csv") == "condition,variant,value\na-n,ce,0.5\n"
    words = {"name": "curves", "title": "Title", "caption": "Caption, True"}
    assert read_json(tmp_path / "figure.json") == words
