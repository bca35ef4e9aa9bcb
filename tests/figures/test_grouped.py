"""Grouped bars: figure 8 of the paper, and what figures of its sort have in common."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hembench.figures import fig8_segmentation
from hembench.frames.conditions import frame
from hembench.plan.cells import beside, conditions_of
from hembench.plan.claims import facts_of
from hembench.plan.study import read
from hembench.stats.conditions import SEGMENTATION

ROOT = Path(__file__).resolve().parent.parent.parent
Facts = Callable[..., pd.DataFrame]
Given = Mapping[tuple[str, str], Mapping[str, list[float]]]


def measured(given: Given, collapsed: tuple[tuple[str, str, int], ...] = ()) -> pd.DataFrame:
    """Return tidy metrics: (data-set, network) -> variant -> IoU of each seed; and who collapsed."""
    rows = []
    for (dataset, network), variants in given.items():
        for variant, values in variants.items():
            for seed, value in enumerate(values):
                cell = {"condition": f"{dataset}-{network}", "dataset": dataset, "network": network, "recipe": "r"}
                cell |= {
                    "variant": variant,
                    "loss": variant,
                    "seed": seed,
                    "kind": "dense",
                    "set": "",
                    "severity": 0,
                }
                cell |= {"score": "", "n": 9}
                lost = (cell["condition"], variant, seed) in collapsed
                rows += [
                    cell | {"metric": "iou", "value": value},
                    cell | {"metric": "collapsed", "value": float(lost)},
                ]
    frame = pd.DataFrame(rows)
    for name in ("condition", "variant"):
        frame[name] = pd.Categorical(frame[name], list(dict.fromkeys(frame[name])), ordered=True)
    return frame


def bars(data: pd.DataFrame, kind: str) -> dict[str, float]:
    mine = data[data["condition"] == kind]
    return dict(zip(mine["variant"].astype(str), mine["value"], strict=True))


def test_the_two_averages(facts: Facts) -> None:
    """Over conditions, and over data-sets with the best network of each: not the same one for both losses."""
    given = {
        ("camvid", "fpn_resnet34"): {"ce": [0.6, 0.4], "hem_plus": [0.7, 0.7]},
        ("camvid", "fpn_resnext50"): {"ce": [0.7, 0.7], "hem_plus": [0.5, 0.5]},
        ("sbd", "fpn_resnet34"): {"ce": [0.2, 0.2], "hem_plus": [0.3, 0.5]},
    }
    metrics = measured(given)
    names = {"-".join(pair): "-".join(pair) for pair in given}
    drawing = fig8_segmentation.draw(metrics, facts(names))
    expected = {"ce": (50 + 70 + 20) / 3, "hem_plus": (70 + 50 + 40) / 3}
    assert bars(drawing.data, "average") == pytest.approx(expected)
    assert bars(drawing.data, "best") == pytest.approx({"ce": (70 + 20) / 2, "hem_plus": (70 + 40) / 2})
    assert drawing.data["conditions"].max() == 3
    assert "Of the paper's 12 conditions 3 are here; missing: camvid-fpn_efficientnet_b4," in drawing.caption
    assert "Losses of the paper that are missing: ln, la, dice, mm, hem." in drawing.caption


def test_one_s_own_condition_is_drawn_but_not_averaged_beside_the_paper_s(facts: Facts) -> None:
    given = {("camvid", "fpn_resnet34"): {"ce": [0.6]}, ("own", "fcn"): {"ce": [0.1]}}
    drawing = fig8_segmentation.draw(
        measured(given), facts({"camvid-fpn_resnet34": "camvid-fpn_resnet34", "own-fcn": ""})
    )
    assert bars(drawing.data, "average") == pytest.approx({"ce": 60.0})
    assert ">own<" in drawing.wide
    alone = fig8_segmentation.draw(measured({("own", "fcn"): {"ce": [0.1]}}), facts({"own-fcn": ""}))
    assert bars(alone.data, "average") == pytest.approx({"ce": 10.0})
    assert "None of the paper's 12 conditions is here." in alone.caption


def test_what_collapsed_or_diverged_is_marked_and_named(facts: Facts) -> None:
    given = {("sbd", "fpn_resnet34"): {"ce": [0.05, 0.4, 0.5], "hem_plus": [0.5, np.nan, 0.5]}}
    known = facts({"sbd-fpn_resnet34": "sbd-fpn_resnet34"})
    plain = fig8_segmentation.draw(measured(given | {("sbd", "fpn_resnet34"): {"ce": [0.05, 0.4, 0.5]}}), known)
    drawing = fig8_segmentation.draw(measured(given, (("sbd-fpn_resnet34", "ce", 0),)), known)
    assert "Collapsed, one class in every pixel (crosses): sbd-fpn_resnet34 ce s0." in drawing.caption
    assert "Diverged, so in no mean (crosses at the left): sbd-fpn_resnet34 hem_plus s1." in drawing.caption
    assert "Collapsed" not in plain.caption
    assert "Diverged" not in plain.caption
    assert bars(drawing.data, "average") == pytest.approx({"ce": 95 / 3, "hem_plus": 50.0})
    rows = drawing.data[drawing.data["seed"].notna()]
    assert rows.loc[rows["collapsed"].astype(bool), "seed"].tolist() == [0]
    assert rows.loc[rows["value"].isna(), "variant"].tolist() == ["hem_plus"]
    # in its panel, and among all losses, where there is one condition
    assert len(re.findall(r"<use [^>]*xlink:href=\"#m", drawing.wide)) > len(
        re.findall(r"<use [^>]*xlink:href=\"#m", plain.wide)
    )


def test_bars_of_the_paper_s_losses_alone_stand_in_the_panels(facts: Facts) -> None:
    values = {loss: [0.3, 0.4] for loss in ("ce", "ln", "la", "hem", "hem_plus")}
    drawing = fig8_segmentation.draw(
        measured({("camvid", "fpn_resnet34"): values}), facts({"camvid-fpn_resnet34": ""})
    )
    found = {loss: drawing.wide.count(f">{loss}<") for loss in values}
    assert found == {"ce": 2, "hem_plus": 2, "ln": 1, "la": 1, "hem": 1}, "the last panel has them all"


def test_a_network_that_a_data_set_lacks_is_said(facts: Facts) -> None:
    given = {("camvid", "fpn_resnet34"): {"ce": [0.3]}, ("sbd", "fpn_resnext50"): {"ce": [0.3]}}
    names = {"-".join(pair): "" for pair in given}
    assert fig8_segmentation.draw(measured(given), facts(names)).wide.count(">not here<") == 2


@pytest.fixture
def in_three_units() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return made numbers for config/camvid_short.yaml, and what its plan knows of its conditions."""
    known = conditions_of(read(ROOT / "config" / "camvid_short.yaml"), ROOT / "config" / "recipes")
    given = {}
    for place, one in enumerate(known):
        assert one.dense is not None
        cells = [*one.cells, *(cell for _, cell in beside(one, known))]
        pair = (one.dataset, one.name.removeprefix(f"{one.dataset}-"))
        given[pair] = {c.variant: [0.3 if c.variant == "ce" else 0.4 + 0.1 * place] for c in cells}
    options = {"facts": facts_of(known, ROOT / "config" / "recipes"), "conditions": [one.name for one in known]}
    return measured(given), frame(options)


def test_units_of_counting_are_one_network(in_three_units: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    drawing = fig8_segmentation.draw(*in_three_units)
    losses = fig8_segmentation.WHAT.grid.losses
    assert bars(drawing.data, "average") == pytest.approx(
        {loss: 30.0 if loss == "ce" else 60.0 for loss in losses}
    )
    assert bars(drawing.data, "best") == bars(drawing.data, "average")
    assert drawing.data["conditions"].max() == 1
    assert "in grey" not in drawing.caption, "with one network there is no best one"
    assert "The last panel is of one: image." in drawing.caption
    words = re.findall(r">([^<>]+)</text>", drawing.wide)
    assert words.count("fpn_resnet34") == 1, "the group's name stands once"
    notes = ["by pixel", "by pixel per image", "by image"]
    assert [word for word in words if word.startswith("by ")] == notes
    assert [words.count(loss) for loss in ("ce", "hem_plus", "hem", "mm")] == [3 + 1, 3 + 1, 1, 1]
    rows = drawing.data[drawing.data["seed"].notna() & (drawing.data["variant"] == "ce")]
    assert rows["value"].tolist() == pytest.approx([30.0] * 3), "CE stands beside each unit"


def test_without_the_default_unit_the_first_one_is_averaged(
    in_three_units: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    metrics, known = in_three_units
    others = [name for name in metrics["condition"].cat.categories if name.endswith("image")]
    metrics = metrics[metrics["condition"].isin(others)]
    facts = known[known["condition"].isin(others)].assign(stands=[True, False])
    assert bars(fig8_segmentation.draw(metrics, facts).data, "average")["hem_plus"] == pytest.approx(50.0)


@pytest.mark.parametrize("seeds", [1, 5])
def test_the_paper_s_whole_grid(facts: Facts, seeds: int) -> None:
    losses = fig8_segmentation.WHAT.grid.losses
    values = np.random.default_rng(3).uniform(0.2, 0.7, (len(SEGMENTATION), len(losses), seeds)).round(3)
    given = {
        pair: {loss: values[i, j].tolist() for j, loss in enumerate(losses)} for i, pair in enumerate(SEGMENTATION)
    }
    names = {"-".join(pair): "-".join(pair) for pair in SEGMENTATION}
    drawing = fig8_segmentation.draw(measured(given), facts(names))
    means = values.mean(axis=2)
    expected = {loss: 100 * means[:, j].mean() for j, loss in enumerate(losses)}
    assert bars(drawing.data, "average") == pytest.approx(expected)
    of_sets = means.reshape(3, 4, len(losses)).max(axis=1).mean(axis=0)
    assert bars(drawing.data, "best") == pytest.approx({loss: 100 * of_sets[j] for j, loss in enumerate(losses)})
    assert "in grey" in drawing.caption
    assert "missing" not in drawing.caption
    assert "not here" not in drawing.wide
    assert len(drawing.data) == 12 * 7 * seeds + 14
    for panel, word in itertools.product(("camvid", "cityscapes", "sbd"), (drawing.wide, drawing.narrow)):
        assert f">{panel}<" in word
