"""Figures of continual learning: figure 7 of the paper, the matrix of accuracies, the importance of weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from hembench.figures import accuracy_matrix, fig7_continual, importance
from hembench.figures._style import Drawing
from hembench.stats.sixteen import SIXTEEN

Facts = Callable[..., pd.DataFrame]
Given = Mapping[str, tuple[str, str, str, Mapping[str, list[float]]]]
"""Condition -> benchmark, strategy, incremental type, variant -> final accuracy of each seed."""


def ordered(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    for name in columns:
        frame[name] = pd.Categorical(frame[name], list(dict.fromkeys(frame[name])), ordered=True)
    return frame


def metrics_of(given: Given) -> pd.DataFrame:
    rows = [
        {"condition": name, "dataset": benchmark, "network": "mlp", "recipe": "r", "variant": variant}
        | {"loss": variant, "seed": seed, "kind": "episodes", "set": "", "severity": 0, "score": ""}
        | {"metric": "final_accuracy", "value": value, "n": 60}
        for name, (benchmark, _, _, variants) in given.items()
        for variant, values in variants.items()
        for seed, value in enumerate(values)
    ]
    return ordered(pd.DataFrame(rows), "condition", "variant")


def drawn(given: Given, conditions: pd.DataFrame, sixteen: str = "A") -> Drawing:
    pairs = pd.DataFrame(
        [(name, strategy, incremental, sixteen) for name, (_, strategy, incremental, _) in given.items()],
        columns=["condition", "strategy", "incremental", "sixteen"],
    )
    return fig7_continual.draw(metrics_of(given), conditions, ordered(pairs, "condition"))


def bars(data: pd.DataFrame) -> dict[str, float]:
    mine = data[data["condition"] == "average"]
    return dict(zip(mine["variant"].astype(str), mine["value"], strict=True))


SIX: Given = {
    "split_mnist-si": ("split_mnist", "si", "task", {"ce": [0.9, 0.8], "hem": [0.7, 0.7]}),
    "split_mnist-own": ("split_mnist", "naive", "class", {"ce": [0.2, 0.2], "hem": [0.2, 0.2]}),
    "permuted_mnist-si": ("permuted_mnist", "si_10", "domain", {"ce": [0.5, 0.5], "hem": [0.6, 0.8]}),
}
PAPERS = {"split_mnist-si": "split_mnist-si", "split_mnist-own": "", "permuted_mnist-si": "permuted_mnist-si"}


def test_bars_of_a_strategy_have_its_name_in_the_paper_and_its_incremental_type_beside_them(facts: Facts) -> None:
    drawing = drawn(SIX, facts(PAPERS))
    for svg in (drawing.wide, drawing.narrow):
        words = re.findall(r">([^<>\n]+)</text>", svg)
        assert {"split_mnist", "permuted_mnist", "si", "naive", "task", "domain", "class", "not here"} <= set(
            words
        )
        assert "si_10" not in words
    rows = drawing.data[drawing.data["seed"].notna()].drop_duplicates("condition")
    types = dict(zip(rows["condition"], rows["incremental"], strict=True))
    assert types == {name: incremental for name, (_, _, incremental, _) in SIX.items()}
    assert rows["strategy"].tolist() == ["si", "naive", "si_10"]


def test_the_average_is_over_conditions_of_the_paper_where_there_are_some(facts: Facts) -> None:
    assert bars(drawn(SIX, facts(PAPERS)).data) == pytest.approx({"ce": (85 + 50) / 2, "hem": (70 + 70) / 2})
    alone = drawn(SIX, facts(dict.fromkeys(SIX, "")))
    assert bars(alone.data) == pytest.approx({"ce": (85 + 20 + 50) / 3, "hem": (70 + 20 + 70) / 3})
    assert "None of the paper's 16 conditions is here." in alone.caption


@pytest.mark.parametrize("sixteen", list(SIXTEEN))
def test_what_is_missing_goes_by_the_guess_of_the_sixteen(facts: Facts, sixteen: str) -> None:
    names = {f"{benchmark}-{strategy}": (benchmark, strategy) for benchmark, strategy in SIXTEEN[sixteen]}
    given: Given = {name: (*pair, "class", {"ce": [0.5]}) for name, pair in names.items()}
    whole = drawn(given, facts({name: name for name in names}), sixteen)
    assert f"these are guess {sixteen} " in whole.caption
    assert "missing: ln, dice, mm, hem." in whole.caption
    assert "paper's 16 conditions" not in whole.caption
    first = next(iter(names))
    less = {name: of for name, of in given.items() if name != first}
    caption = drawn(less, facts({name: name for name in less}), sixteen).caption
    assert f"Of the paper's 16 conditions 15 are here; missing: {first}." in caption


def test_one_strategy_learnt_in_several_ways_has_bars_for_each(facts: Facts) -> None:
    values = {"ce": [0.5], "hem": [0.6]}
    given: Given = {
        "split_mnist-si-task-mlp": ("split_mnist", "si", "task", values),
        "split_mnist-si-task-masked-mlp": ("split_mnist", "si", "task", values),
        "split_mnist-lwf-class-mlp": ("split_mnist", "lwf", "class", values),
    }
    words = re.findall(r">([^<>\n]+)</text>", drawn(given, facts(dict.fromkeys(given, ""))).wide)
    assert {"si-task-mlp", "si-task-masked-mlp", "lwf"} <= set(words)
    assert "si" not in words


def test_a_network_that_diverged_is_said(facts: Facts) -> None:
    given: Given = {"split_mnist-si": ("split_mnist", "si", "task", {"ce": [np.nan, 0.4]})}
    caption = drawn(given, facts({"split_mnist-si": "split_mnist-si"})).caption
    assert "Diverged, so in no mean (crosses at the left): split_mnist-si ce s0." in caption


def test_the_matrix_is_written_cell_by_cell_as_the_mean_over_seeds(accuracies: pd.DataFrame) -> None:
    one = accuracies[(accuracies["condition"] == "d-m") & (accuracies["variant"] == "ce")]
    drawing = accuracy_matrix.draw(one)
    table = 100 * one.groupby(["after", "episode"])["accuracy"].mean()
    expected = [f"{value:.0f}" for value in table]
    for svg in (drawing.wide, drawing.narrow):
        words = re.findall(r">([^<>\n]+)</text>", svg)
        start = words.index(expected[0])
        assert [word for word in words[start:] if word in expected][:12] == expected
        assert {"before", "after 1", "after 2", "after 3", "1", "2", "3"} <= set(words)
    assert len(drawing.data) == 3 * 4 * 3
    assert drawing.data["accuracy"].tolist() == pytest.approx((100 * one["accuracy"]).tolist())


def test_what_diverged_is_in_no_mean_of_the_matrix_and_named(accuracies: pd.DataFrame) -> None:
    lost = (accuracies["seed"] == 1) & (accuracies["variant"] == "la") & (accuracies["after"] > 1)
    broken = accuracies.assign(accuracy=accuracies["accuracy"].where(~lost))
    assert "(–: none is left): d-n la s1." in accuracy_matrix.draw(broken).caption
    assert "Diverged" not in accuracy_matrix.draw(accuracies).caption
    assert "–</text>" not in accuracy_matrix.draw(broken).wide
    alone = broken[broken["seed"] == 1]
    assert accuracy_matrix.draw(alone).wide.count("–</text>") == 2 * 3


def noted(values: Mapping[str, list[list[float]]], quantity: str = "ewc_importance_sum") -> pd.DataFrame:
    """Return a history with two epochs an episode: variant -> seed -> value of each episode."""
    rows = [
        {"condition": "split-ewc", "dataset": "split", "network": "mlp", "recipe": "r", "variant": variant}
        | {"loss": variant, "seed": seed, "epoch": epoch, "quantity": quantity, "value": value}
        for variant, seeds in values.items()
        for seed, of_seed in enumerate(seeds)
        for episode, of_episode in enumerate(of_seed, start=1)
        for epoch, value in ((2 * episode - 1, np.nan), (2 * episode, of_episode))
    ]
    return ordered(pd.DataFrame(rows), "condition", "variant")


def test_importance_is_numbered_by_episodes_and_its_means_are_in_words() -> None:
    drawing = importance.draw(noted({"ce": [[0.5, 0.25], [0.3, 0.15]], "hem": [[2e-5, 0.0], [0.0, 0.0]]}))
    assert drawing.data["episode"].tolist() == [1, 2] * 4
    assert "Means over seeds and episodes: split-ewc: ce 0.3, hem 5e-06." in drawing.caption


def test_no_importance_at_all_is_said_in_its_panel() -> None:
    svg = importance.draw(noted({"hem": [[0.0, 0.0]]}, "si_importance_sum")).wide
    assert "none above zero" in svg
    assert "none above zero" not in importance.draw(noted({"hem": [[0.0, 0.1]]})).wide


def test_other_histories_have_none(histories: pd.DataFrame) -> None:
    plain = histories[histories["quantity"] == "train_loss"]
    assert "no importance was recorded" in importance.draw(plain).wide
