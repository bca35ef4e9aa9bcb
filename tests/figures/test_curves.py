"""Figure 11 of the paper."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from hembench.figures import _curves, fig11_curves
from hembench.figures._style import looks


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


def test_a_loss_under_another_label_and_one_of_several(histories: pd.DataFrame) -> None:
    renamed = histories.astype({"variant": "str"}).replace({"variant": {"ce": "cross_entropy"}})
    second = renamed[renamed["variant"] == "hem"].assign(variant="hem_p05")
    several = pd.concat([renamed, second], ignore_index=True)
    several["variant"] = pd.Categorical(
        several["variant"], ["hem_p05", "hem", "cross_entropy", "la"], ordered=True
    )
    drawing = fig11_curves.draw(several)
    assert set(drawing.data["variant"]) == {"cross_entropy", "hem"}
    assert drawing.wide.count(">Training loss of CE<") == 2


def test_the_mean_loss_of_each_epoch_and_shares_in_per_cent(histories: pd.DataFrame) -> None:
    data = fig11_curves.draw(histories).data.set_index(["quantity", "condition", "variant", "seed", "epoch"])[
        "value"
    ]
    was = histories.set_index(["quantity", "condition", "variant", "seed", "epoch"])["value"]
    for quantity, factor in (("train_loss", 1.0), ("train_accuracy", 100.0), ("zero_loss_share", 100.0)):
        place = (quantity, "d-m", "hem", 1, 3)
        assert data[place] == factor * was[place]


def test_a_quantity_that_was_not_recorded_is_said(histories: pd.DataFrame) -> None:
    without = histories[histories["quantity"] != "zero_loss_share"]
    assert "Not recorded: samples with zero loss." in fig11_curves.draw(without).caption
    assert "Not recorded" not in fig11_curves.draw(histories).caption


def test_a_single_epoch_has_a_single_tick(histories: pd.DataFrame) -> None:
    rows = histories[(histories["epoch"] == 1) & (histories["quantity"] == "train_loss")]
    figure = Figure()
    panel = figure.add_subplot()
    _curves._panel(panel, rows, looks(["ce", "hem"]))
    first, last = panel.get_xlim()
    assert [tick for tick in panel.get_xticks() if first <= tick <= last] == [1]
