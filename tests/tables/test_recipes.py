from __future__ import annotations

import math

import pandas as pd
import pytest
from scipy import stats

from hembench.plan.cells import conditions_of
from hembench.plan.claims import condition_facts
from hembench.plan.study import read
from hembench.tables.recipes import PAPER, tabulate


def clean(table: pd.DataFrame) -> pd.DataFrame:
    chosen = table[table["quantity"] == "clean_accuracy"]
    return chosen.set_index(["variant", "what"])


def test_a_recipe_is_compared_with_the_paper_s(two_recipes: dict[str, pd.DataFrame]) -> None:
    table = tabulate(**two_recipes)
    assert set(table["condition"].astype(str)) == {"cifar10-wrn22_10"}
    rows = clean(table)
    assert rows.loc[("hem", "cifar10"), "mean"] == pytest.approx(96.0)
    assert rows.loc[("hem", "cifar10_half_rate"), "mean"] == pytest.approx(97.5)
    less = rows.loc[("hem", "cifar10_half_rate less cifar10")]
    assert (less["mean"], less["n"]) == (pytest.approx(1.5), 2)
    welch = stats.ttest_ind([96, 99], [95, 97], equal_var=False).confidence_interval(0.95)
    assert (less["low"], less["high"]) == (pytest.approx(welch.low), pytest.approx(welch.high))
    assert rows.loc[("hem", "cifar10_half_rate less cifar10, from"), "mean"] == pytest.approx(welch.low)
    assert rows.loc[("hem", "cifar10_half_rate less cifar10, to"), "mean"] == pytest.approx(welch.high)
    assert [what for variant, what in rows.index if variant == "ce"] == ["cifar10"]


def test_the_paper_s_numbers_stand_beside_with_the_band_of_five_more_runs(
    two_recipes: dict[str, pd.DataFrame],
) -> None:
    table = tabulate(**two_recipes)
    rows = clean(table)
    assert rows.loc[("hem", "paper, cifar10"), "mean"] == 94.73
    assert rows.loc[("hem", "paper, cifar10_half_rate"), "mean"] == 95.32
    # seeds 95 and 97: mean 96, sd sqrt(2), one degree of freedom
    half = stats.t.ppf(0.975, 1) * math.sqrt(2) * math.sqrt(1 / 2 + 1 / 5)
    assert rows.loc[("hem", "paper, cifar10: band from"), "mean"] == pytest.approx(96 - half)
    assert rows.loc[("hem", "paper, cifar10: band to"), "mean"] == pytest.approx(96 + half)
    beside = table[table["what"].str.startswith("paper") & ~table["what"].str.contains("band")]
    assert {(what, quantity) for what, quantity in zip(beside["what"], beside["quantity"], strict=True)} == {
        (f"paper, {recipe}", quantity) for (_, _, recipe), numbers in PAPER.items() for quantity in numbers
    }


def test_one_seed_has_the_paper_s_number_and_no_band(two_recipes: dict[str, pd.DataFrame]) -> None:
    metrics = two_recipes["metrics"]
    rows = clean(tabulate(metrics[metrics["seed"] == 0], two_recipes["conditions"]))
    assert ("hem", "paper, cifar10") in rows.index
    assert ("hem", "cifar10_half_rate less cifar10") in rows.index
    assert not any("from" in what or "to" in what for _, what in rows.index)


def test_other_conditions_have_no_number_of_the_paper_s(two_recipes: dict[str, pd.DataFrame]) -> None:
    conditions = two_recipes["conditions"].assign(paper="")
    table = tabulate(two_recipes["metrics"], conditions)
    assert not table["what"].str.startswith("paper").any()
    assert set(table["condition"].astype(str)) == {"cifar10-wrn22_10-slow"}, "the first in the study's order"


def test_a_study_with_one_recipe_for_each_network_has_no_rows(
    metrics: pd.DataFrame, two_recipes: dict[str, pd.DataFrame]
) -> None:
    assert tabulate(metrics, two_recipes["conditions"]).empty


def test_the_supplement_has_the_conditions_of_the_paper_s_numbers(pytestconfig: pytest.Config) -> None:
    config = pytestconfig.rootpath / "config"
    conditions = conditions_of(read(config / "supplement.yaml"), config / "recipes")
    facts = [condition_facts(one, config / "recipes") for one in conditions]
    here = {
        (one.recipe, cell.variant, "-".join(of["of_paper"] or ()))
        for one, of in zip(conditions, facts, strict=True)
        if one.network == "wrn22_10"
        for cell in one.cells
    }
    for paper, variant, recipe in PAPER:
        assert (recipe, variant, paper if recipe == "cifar10" else "") in here
