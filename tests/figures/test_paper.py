"""Figures 2 to 6 of the paper."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from hembench.figures import (
    fig2_accuracy,
    fig3_rejection,
    fig4_confidence,
    fig5_imbalanced_accuracy,
    fig6_imbalanced_rejection,
)
from hembench.figures._paper import IMBALANCED, averaged

Facts = Callable[..., pd.DataFrame]
PAPER = {"lenet": "mnist-lenet", "mlp": "mnist-mlp", "tail": "cifar10_lt10-resnet32"}


def rows(networks: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Return one number per network and variant, of one quantity."""
    return pd.DataFrame(
        [
            {
                "condition": network,
                "paper": PAPER.get(network, ""),
                "variant": variant,
                "value": value,
                "stands": True,
            }
            for network, values in networks.items()
            for variant, value in values.items()
        ]
    )


def test_the_average_weighs_conditions_and_leaves_out_what_some_lack() -> None:
    found = averaged(rows({"lenet": {"ce": 90.0, "hem": 80.0, "la": 1.0}, "mlp": {"ce": 70.0, "hem": 60.0}}))
    assert set(found["variant"]) == {"ce", "hem"}
    assert found[found["variant"] == "ce"]["value"].mean() == pytest.approx(80.0)


def test_the_average_is_over_the_papers_conditions_where_there_are_any() -> None:
    data = rows({"lenet": {"ce": 90.0}, "own": {"ce": 10.0}})
    assert averaged(data)["value"].tolist() == [90.0]
    assert sorted(averaged(data[data["condition"] == "own"])["value"]) == [10.0]
    assert averaged(data[data["condition"] == "own"].assign(stands=False)).empty


def test_captions_say_what_is_missing(metrics: pd.DataFrame, conditions: pd.DataFrame, facts: Facts) -> None:
    drawing = fig2_accuracy.draw(metrics, conditions)
    assert "None of the paper's 15 conditions is here." in drawing.caption
    assert "Losses of the paper that are missing: ln, dice, mm." in drawing.caption
    assert "Not measured" not in drawing.caption
    caption = fig2_accuracy.draw(metrics, facts({"d-n": "mnist-lenet", "d-m": "mnist-mlp"})).caption
    assert "Of the paper's 15 conditions 2 are here; missing: mnist-convnet, cifar10-resnet32," in caption


def test_what_was_not_measured_is_named(metrics: pd.DataFrame, conditions: pd.DataFrame) -> None:
    drawing = fig3_rejection.draw(metrics, conditions, score="mls")
    assert drawing.wide.count("not measured: AUROC (MLS), DAR (MLS)") == 1
    without = fig3_rejection.draw(metrics[metrics["kind"] != "attack"], conditions)
    assert "Not measured: DAR (MSP)." in without.caption
    assert set(without.data["quantity"]) == {"auroc_msp"}


def test_balanced_and_long_tailed_conditions_have_figures_of_their_own(
    metrics: pd.DataFrame, facts: Facts
) -> None:
    """A study may hold both parts of the paper's grid, and of one's own."""
    for paper in ("cifar10_lt100-resnet32", ""):
        mixed = facts({"d-n": paper, "d-m": ""}, long_tailed=("d-n",))
        assert set(fig5_imbalanced_accuracy.draw(metrics, mixed).data["condition"]) == {"d-n"}
        assert set(fig2_accuracy.draw(metrics, mixed).data["condition"]) == {"d-m"}


def test_figures_of_long_tails_miss_their_own_conditions_and_losses(metrics: pd.DataFrame, facts: Facts) -> None:
    known = facts({"d-n": "cifar10_lt10-resnet32", "d-m": ""}, long_tailed=("d-n", "d-m"))
    caption = fig6_imbalanced_rejection.draw(metrics, known).caption
    assert "Of the paper's 4 conditions 1 are here; missing: cifar10_lt100-resnet32, " in caption
    assert "Losses of the paper that are missing: ln, dice, mm, hem_plus." in caption


def test_the_average_of_long_tails_is_over_the_papers() -> None:
    data = rows({"tail": {"ce": 90.0}, "own": {"ce": 10.0}})
    assert averaged(data, IMBALANCED)["value"].tolist() == [90.0]


def test_the_average_is_drawn_for_variants_of_all_conditions(
    metrics: pd.DataFrame, conditions: pd.DataFrame
) -> None:
    assert "average over 2 conditions" in fig2_accuracy.draw(metrics, conditions).wide
    one = metrics[metrics["condition"] == "d-n"]
    assert "average over" not in fig2_accuracy.draw(one, conditions).wide


def test_shares_are_of_networks_first(histograms: pd.DataFrame) -> None:
    """A set of more images weighs no more; both kinds add up to all images."""
    data = fig4_confidence.draw(histograms).data
    sums = data.groupby(["condition", "variant", "kind"], observed=True)["value"].sum()
    assert sums.to_numpy() == pytest.approx(100.0)
    assert sorted(set(data["low"])) == pytest.approx([place / 20 for place in range(20)])
    many = histograms.copy()
    many.loc[many["set"] == "blobs", "count"] *= 7
    pd.testing.assert_frame_equal(fig4_confidence.draw(many).data, data)


def test_bins_are_put_together(histograms: pd.DataFrame) -> None:
    whole = histograms.assign(count=(histograms["low"] >= 0.99).astype(int))
    data = fig4_confidence.draw(whole).data
    assert set(data.loc[data["value"] > 0, "low"]) == {0.95}
    assert set(data.loc[data["value"] > 0, "value"]) == {100.0}


def test_a_loss_that_a_condition_lacks_is_said(histograms: pd.DataFrame) -> None:
    drawing = fig4_confidence.draw(histograms)
    assert drawing.wide.count("not measured") == 1, "la of d-m"
    assert "Losses of the paper that are missing: ln, mm." in drawing.caption


def test_no_histograms(histograms: pd.DataFrame) -> None:
    drawing = fig4_confidence.draw(histograms[histograms["score"] == "other"])
    assert "no confidence was measured" in drawing.wide
    assert drawing.data.empty


def test_what_some_conditions_lack_is_named_and_left_out_of_their_number(
    metrics: pd.DataFrame, conditions: pd.DataFrame
) -> None:
    caption = fig2_accuracy.draw(metrics, conditions).caption
    assert "No Corruption accuracy" not in caption
    corrupted = metrics["kind"] == "corruption"
    without = fig2_accuracy.draw(metrics[~corrupted | (metrics["condition"] == "d-n")], conditions)
    assert "No Corruption accuracy: d-m." in without.caption
    assert "average over 1 to 2 conditions" in without.wide
    partly = fig2_accuracy.draw(metrics[~corrupted | (metrics["variant"] != "ce")], conditions)
    assert "No Corruption accuracy: d-n (ce), d-m (ce)." in partly.caption
    undefined = metrics.assign(value=metrics["value"].where(metrics["kind"] != "attack", float("nan")))
    undefined = pd.concat([undefined[undefined["condition"] == "d-n"], metrics[metrics["condition"] == "d-m"]])
    assert "no image was right, which leaves nothing to set its threshold by): d-n." in (
        fig3_rejection.draw(undefined, conditions).caption
    )
