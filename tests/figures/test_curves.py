"""Figure 11 of the paper."""

from __future__ import annotations

import pandas as pd

from hembench.figures import fig11_curves


def test_ce_and_hem_alone_with_a_loss_panel_each(histories: pd.DataFrame) -> None:
    drawing = fig11_curves.draw(histories)
    assert set(drawing.data["variant"]) == {"ce", "hem"}
    assert drawing.wide.count(">Training loss of CE<") == 2
    assert drawing.wide.count(">Training loss of HEM<") == 2
    assert "Not in this study" not in drawing.caption


def test_a_loss_that_is_missing_is_said(histories: pd.DataFrame) -> None:
    without = histories[(histories["variant"] != "ce") | (histories["condition"] == "d-n")]
    assert fig11_curves.draw(without).wide.count("not recorded") == 1, "the loss of ce in d-m"
    assert fig11_curves.draw(histories[histories["variant"] == "hem"]).caption.endswith("Not in this study: ce.")
