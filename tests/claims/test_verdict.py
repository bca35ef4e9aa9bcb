from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hembench.claims import supplementary
from hembench.claims._claim import HALF_RATE, Claim, Part, above, comparable
from hembench.claims._evidence import Evidence
from hembench.claims._rests import rests
from hembench.claims.verdict import GROUPS, ClaimVerdict, combined, verdicts
from hembench.claims.words import comparison

Make = Callable[..., Evidence]

SPREAD = (-0.002, -0.001, 0.0, 0.001, 0.002)
BETTER = above(("auroc_msp",), "hem", "ce")
SAME = comparable(("clean_accuracy",), "hem", "ce")


def gap(*gaps: float, noise: float = 1.0) -> Callable[[str, str, int], float]:
    """Return values by which hem is above ce by so much on lenet, convnet and mlp, with some noise over seeds."""

    def value(network: str, variant: str, seed: int) -> float:
        if variant == "ce":
            return 0.9
        place = ("lenet", "convnet", "mlp").index(network)
        return 0.9 + gaps[place % len(gaps)] + noise * SPREAD[seed]

    return value


def judge(parts: Sequence[Part], evidence: Evidence, **given: object) -> list[ClaimVerdict]:
    claim = Claim("T", "A claim.", tuple(parts), **given)  # type: ignore[arg-type]
    return verdicts(evidence, {"test": [claim]})


def verdict(parts: Sequence[Part], evidence: Evidence, **given: object) -> str:
    (one,) = judge(parts, evidence, **given)
    return one.verdict


@pytest.mark.parametrize(
    ("gaps", "found"),
    [((0.01,), "supported"), ((-0.01,), "contradicted"), ((0.0001,), "undecided"), ((0.0,), "undecided")],
)
def test_directional(evidence: Make, gaps: tuple[float, ...], found: str) -> None:
    assert verdict(BETTER, evidence({"auroc_msp": gap(*gaps)})) == found


def test_directional_is_about_the_mean_over_conditions(evidence: Make) -> None:
    (one,) = judge(BETTER, evidence({"auroc_msp": gap(0.03, 0.03, -0.01)}))
    (part,) = one.parts
    assert one.verdict == "supported"
    assert part.whole.mean == pytest.approx(0.05 / 3)
    assert part.whole.new.low < 0 < part.whole.new.high, "new conditions: another matter"
    assert part.named("below") == ["mnist-mlp"]


@pytest.mark.parametrize(
    ("difference", "found"),
    [
        (0.0, "supported"),
        (0.005, "supported"),
        (-0.005, "supported"),
        (0.02, "contradicted"),
        (-0.02, "contradicted"),
        (0.0101, "undecided"),
    ],
)
def test_equivalence(evidence: Make, difference: float, found: str) -> None:
    assert verdict(SAME, evidence({"clean_accuracy": gap(difference)})) == found


def test_the_margin_is_a_setting(evidence: Make) -> None:
    assert verdict(SAME, evidence({"clean_accuracy": gap(0.02)}, margin=3.0)) == "supported"
    assert verdict(SAME, evidence({"clean_accuracy": gap(0.005)}, margin=0.1)) == "contradicted"


@pytest.mark.parametrize(
    ("difference", "found"),
    [(0.02, "supported"), (-0.005, "supported"), (-0.02, "contradicted"), (-0.0101, "undecided")],
)
def test_at_least(evidence: Make, difference: float, found: str) -> None:
    parts = above(("auroc_msp",), "hem", "ce", at_least=True)
    assert verdict(parts, evidence({"auroc_msp": gap(difference)})) == found


@pytest.mark.parametrize(
    ("gaps", "wins", "found"),
    [
        ((0.01, 0.01, 0.01), (14, 15), "supported"),
        ((0.01, 0.01, 0.0), (14, 15), "undecided"),  # 14/15 of three is more than two
        ((0.01, 0.01, -0.01), (14, 15), "undecided"),  # the one that the paper has lost
        ((0.01, -0.01, -0.01), (14, 15), "contradicted"),
        ((0.01, 0.01, -0.01), (15, 15), "contradicted"),
        ((0.01, 0.01, -0.01), (10, 15), "supported"),
    ],
)
def test_count(evidence: Make, gaps: tuple[float, ...], wins: tuple[int, int], found: str) -> None:
    (one,) = judge([Part("auroc_msp", "count", "hem", "ce", wins=wins)], evidence({"auroc_msp": gap(*gaps)}))
    assert one.verdict == found
    undecided = [name for name, by in zip(("lenet", "convnet", "mlp"), gaps, strict=True) if by == 0.0]
    assert one.parts[0].named("undecided") == [f"mnist-{name}" for name in undecided]


def test_a_number_instead_of_a_loss(evidence: Make) -> None:
    part = (Part("high_msp", "directional", "ce", 0.5),)
    assert verdict(part, evidence({"high_msp": lambda n, v, s: 0.8 + 0.01 * s}), focus="ce") == "supported"
    assert verdict(part, evidence({"high_msp": lambda n, v, s: 0.2 + 0.01 * s}), focus="ce") == "contradicted"


def test_sums_are_per_network(evidence: Make) -> None:
    parts = above(("auroc_msp+clean_accuracy",), "hem", "ce")
    lost = {"auroc_msp": gap(0.03), "clean_accuracy": gap(-0.01)}
    (one,) = judge(parts, evidence(lost))
    assert one.verdict == "supported"
    assert one.parts[0].whole.mean == pytest.approx(0.02)
    assert verdict(parts, evidence({"auroc_msp": gap(0.01), "clean_accuracy": gap(-0.03)})) == "contradicted"


def test_what_is_missing_is_not_measured(evidence: Make) -> None:
    assert verdict(BETTER, evidence({"clean_accuracy": gap(0.1)})) == "not measured"
    assert verdict(BETTER, evidence({"auroc_msp": gap(0.1)}, ["hem", "ln"])) == "not measured", "no CE"
    assert verdict(BETTER, evidence({"auroc_msp": gap(0.1)}, ["ce"])) == "not measured", "no HEM"
    assert verdict((), evidence({"auroc_msp": gap(0.1)})) == "not measured"


def test_a_condition_without_both_losses_does_not_count(evidence: Make) -> None:
    def value(network: str, variant: str, seed: int) -> float:
        return math.nan if (network, variant) == ("mlp", "ce") else gap(0.01)(network, variant, seed)

    (one,) = judge(BETTER, evidence({"auroc_msp": value}))
    assert [found.condition.network for found in one.parts[0].found] == ["lenet", "convnet"]
    assert one.parts[0].of_paper == 2


def test_seeds_are_paired(evidence: Make) -> None:
    """Seeds that move both losses alike don't widen the interval, and a seed of one alone is left out."""

    def value(network: str, variant: str, seed: int) -> float:
        if (variant, seed) == ("ce", 4):
            return math.nan
        return 0.5 + 0.1 * seed + (0.005 + 0.1 * SPREAD[seed] if variant == "hem" else 0.0)

    (one,) = judge(BETTER, evidence({"auroc_msp": value}))
    assert one.verdict == "supported"
    assert {found.difference.n for found in one.parts[0].found} == {4}


def test_one_seed_decides_nothing(evidence: Make) -> None:
    (one,) = judge(BETTER, evidence({"auroc_msp": gap(0.1)}, seeds=1))
    assert one.verdict == "undecided"
    assert one.parts[0].whole.conditions == 0
    assert len(one.parts[0].named("undecided")) == 3


def test_five_seeds_and_signed_ranks(evidence: Make) -> None:
    (one,) = judge(BETTER, evidence({"auroc_msp": gap(0.5)}))
    for found in one.parts[0].found:
        assert found.ranks.p == found.ranks.smallest == 0.0625


def test_every_variant_of_hem_has_its_verdict_and_others_go_by_name(evidence: Make) -> None:
    def value(network: str, variant: str, seed: int) -> float:
        by = {"ce": 0.0, "ce_smooth": 0.5, "hem": 0.01, "hem_p05": -0.01}[variant]
        return 0.4 + by + 0.1 * SPREAD[seed]

    variants = {"ce": "ce", "ce_smooth": "ce", "hem": "hem", "hem_p05": "hem"}
    noisy = {"auroc_msp": lambda n, v, s: value(n, v, s) + (0.001 * s if v == "hem" else 0.0)}
    found = {one.variant: one.verdict for one in judge(BETTER, evidence(noisy, variants))}
    assert found == {"hem": "supported", "hem_p05": "contradicted"}


def test_losses_under_other_labels_are_found_by_what_they_are(evidence: Make) -> None:
    variants = {"smooth": "ce", "cross_entropy": "ce", "ours": "hem"}
    values = {"smooth": 0.5, "cross_entropy": 0.0, "ours": 0.01}
    noisy = {"auroc_msp": lambda n, v, s: 0.4 + values[v] + (0.001 * s if v == "ours" else 0.0)}
    options = {"smooth": {"label_smoothing": 0.1}}
    (one,) = judge(BETTER, evidence(noisy, variants, options=options))
    assert (one.variant, one.verdict, one.parts[0].part.second) == ("ours", "supported", "cross_entropy")
    nothing = evidence(noisy, {"smooth": "ce", "ours": "hem"}, options=options)
    assert verdict(BETTER, nothing) == "not measured", "smooth is no plain CE"


def test_cross_entropy_at_a_small_temperature_does_not_train(evidence: Make) -> None:
    (claim,) = (one for one in GROUPS["analysis"] if one.id == "X8")

    def found(cold: float, ln: float) -> dict[str, str]:
        at = {"ce": 0.9, "ce_cold": cold, "ce_warm": 0.1, "ln": ln}
        values = {"clean_accuracy": lambda n, v, s: at[v] + 0.001 * s}
        variants = {"ce": "ce", "ce_cold": "ce", "ce_warm": "ce", "ln": "ln"}
        options = {"ce": {"temperature": 1.0}, "ce_cold": {"temperature": 0.04}, "ce_warm": {"temperature": 2.0}}
        own = evidence(values, variants, networks=["resnet18"], dataset="cifar10", options=options)
        return {one.variant: one.verdict for one in verdicts(own, {"analysis": (claim,)})}

    assert found(0.1, 0.9) == {"ce_cold": "supported"}
    assert found(0.9, 0.9) == {"ce_cold": "contradicted"}
    assert found(0.1, 0.1) == {"ce_cold": "contradicted"}


def test_a_claim_that_flips_says_so(evidence: Make) -> None:
    (one,) = judge(BETTER, evidence({"auroc_msp": gap(0.01), "auroc_log_msp": gap(-0.01)}))
    assert (one.verdict, one.with_log_msp, one.flips) == ("supported", "contradicted", True)
    assert one.unsaturated[0] is not None
    assert one.unsaturated[0].part.quantity == "auroc_log_msp"


def test_a_claim_that_does_not_flip(evidence: Make) -> None:
    (same,) = judge(BETTER, evidence({"auroc_msp": gap(0.01), "auroc_log_msp": gap(0.02)}))
    assert (same.with_log_msp, same.flips) == ("supported", False)
    (alone,) = judge(BETTER, evidence({"auroc_msp": gap(0.01)}))
    assert (alone.with_log_msp, alone.flips) == (None, False)
    (accuracy,) = judge(SAME, evidence({"clean_accuracy": gap(0.0)}))
    assert (accuracy.with_log_msp, accuracy.flips) == (None, False)


@pytest.mark.parametrize(
    ("parts", "beyond", "found"),
    [
        (["supported", "supported"], [], "supported"),
        (["supported", "undecided"], [], "undecided"),
        (["supported", "not measured", "undecided"], [], "not measured"),
        (["contradicted", "not measured"], ["segmentation"], "contradicted"),
        (["supported"], ["segmentation"], "not measured"),
        ([], [], "not measured"),
    ],
)
def test_all_parts_together(parts: list[str], beyond: list[str], found: str) -> None:
    assert combined(parts, beyond) == found  # type: ignore[arg-type]


def test_the_papers_conditions_count_where_there_are_any_and_else_the_others(evidence: Make) -> None:
    values = {"auroc_msp": gap(0.01)}
    (own,) = judge(BETTER, evidence(values, dataset="digits"))
    assert (own.verdict, own.parts[0].of_paper, len(own.parts[0].found)) == ("supported", 0, 3)
    mixed = evidence(values)
    other = mixed.conditions[2]
    odd = [*mixed.conditions[:2], type(other)(other.name, "digits", other.network, None, False, True, 1)]
    (some,) = judge(BETTER, Evidence(mixed.frames, tuple(odd), mixed.variants))
    assert (some.parts[0].of_paper, len(some.parts[0].found)) == (2, 2)


def test_long_tailed_claims_look_at_long_tailed_data(evidence: Make) -> None:
    parts = above(("auroc_msp",), "hem", "ce", scope="longtail")
    values = {"auroc_msp": gap(0.01)}
    assert verdict(parts, evidence(values, dataset="digits_lt10", long_tailed=True)) == "supported"
    assert verdict(parts, evidence(values, dataset="digits_lt10")) == "not measured"
    assert verdict(BETTER, evidence(values, dataset="digits_lt10", long_tailed=True)) == "not measured"


def test_a_sweep_compares_variants_that_differ_in_one_option(evidence: Make) -> None:
    variants = {"ce": "ce", "hem": "hem", "hem_m2": "hem", "hem_m001": "hem", "hem_m2_p05": "hem"}
    plain = {"margin": None, "margin_constant": 2000.0, "power": 1.0}
    options = {
        "hem": plain,
        "hem_m2": plain | {"margin": 2.0},
        "hem_m001": plain | {"margin": 0.01},
        "hem_m2_p05": plain | {"margin": 2.0, "power": 0.5},
    }

    def value(network: str, variant: str, seed: int) -> float:
        return 0.9 + 0.1 * SPREAD[seed] * (variant == "hem_m2")

    study = evidence({"clean_accuracy": value}, variants, options=options)
    parts = comparable(("clean_accuracy",), "hem*", "hem", scope="sweeps")
    for towards, labels in (("any", ["hem_m2", "hem_m001"]), ("larger", ["hem_m2"]), ("smaller", ["hem_m001"])):
        found = judge(parts, study, varies="margin", towards=towards)
        assert [one.variant for one in found] == labels
        assert {one.verdict for one in found} == {"supported"}
        assert {one.parts[0].part.second for one in found} == {"hem"}
    none = evidence({"clean_accuracy": value}, ["ce", "hem"], options=options)
    assert [one.verdict for one in judge(parts, none, varies="margin")] == ["not measured"]


def two_rates(evidence: Make, gain: float) -> Evidence:
    """Return WRN22-10 on CIFAR10, HEM 0.01 behind CE, and by half the rate ``gain`` above itself."""

    def usual(network: str, variant: str, seed: int) -> float:
        return 0.9 - 0.01 * (variant == "hem") + 0.001 * SPREAD[seed]

    def slow(network: str, variant: str, seed: int) -> float:
        return 0.89 + gain + 0.001 * SPREAD[-1 - seed]

    where: dict[str, Any] = {"networks": ("wrn22_10",), "dataset": "cifar10"}
    study = evidence({"clean_accuracy": usual}, **where)
    other = evidence({"clean_accuracy": slow}, ["hem"], **where).frames["metrics"]
    other = other.assign(condition=f"cifar10-wrn22_10-{HALF_RATE}", recipe=HALF_RATE)
    metrics = pd.concat([study.frames["metrics"], other], ignore_index=True)
    added = replace(study.conditions[0], name=f"cifar10-wrn22_10-{HALF_RATE}", of_paper=None)
    return replace(study, frames={**study.frames, "metrics": metrics}, conditions=(*study.conditions, added))


@pytest.mark.parametrize(
    ("gain", "helps", "more_than_the_gap"),
    [
        (0.02, "supported", "supported"),
        (0.005, "supported", "contradicted"),
        (-0.01, "contradicted", "contradicted"),
    ],
)
def test_a_lower_rate_is_compared_with_the_usual_one(
    evidence: Make, gain: float, helps: str, more_than_the_gap: str
) -> None:
    study = two_rates(evidence, gain)
    found = {one.claim.id: one for one in verdicts(study) if one.variant == "hem"}
    [part] = [one for one in found["B-6"].parts if one.part.quantity == "clean_accuracy"]
    assert (part.verdict, part.of_paper) == (helps, 1)
    assert part.found[0].difference.mean == pytest.approx(gain)
    assert found["B-6"].verdict == ("contradicted" if helps == "contradicted" else "not measured"), "of four"
    assert found["K3"].verdict == more_than_the_gap
    assert comparison(part.part) == f"hem by {HALF_RATE} > hem: Clean accuracy, learning-rate"


def test_without_the_other_recipe_nothing_is_compared(evidence: Make) -> None:
    study = evidence({"clean_accuracy": lambda *_: 0.9}, networks=("wrn22_10",), dataset="cifar10")
    found = {one.claim.id: one.verdict for one in verdicts(study)}
    assert (found["B-6"], found["K3"]) == ("not measured", "not measured")


@pytest.mark.parametrize(("changed", "counts"), [(f"-{HALF_RATE}", True), ("", True), ("-other", False)])
def test_a_claim_rests_on_the_networks_of_both_recipes(evidence: Make, changed: str, counts: bool) -> None:
    [claim] = [one for one in supplementary.CLAIMS if one.id == "B-6"]
    study = two_rates(evidence, 0.01)
    names = ("cifar10-wrn22_10", f"cifar10-wrn22_10-{HALF_RATE}", "cifar10-wrn22_10-other")
    stages = {name: {"hem": {"predict"} if name == f"cifar10-wrn22_10{changed}" else set()} for name in names}
    assert rests(claim, study, stages) is counts
    assert not rests(claim, study, {name: of for name, of in stages.items() if HALF_RATE not in name})


def test_holm_over_the_group(evidence: Make) -> None:
    (one,) = judge(BETTER + SAME, evidence({"auroc_msp": gap(0.01), "clean_accuracy": gap(0.0, noise=3.0)}))
    p = sorted(part.p for part in one.parts)
    assert sorted(part.adjusted for part in one.parts) == pytest.approx([2 * p[0], max(2 * p[0], p[1])])
    assert [part.verdict for part in one.parts] == [part.verdict for part in one.parts if part.adjusted < 1]


TURNED = {"supported": "contradicted", "contradicted": "supported"}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(st.floats(-0.02, 0.02), min_size=3, max_size=3),
    noise=st.sampled_from([0.3, 1.0, 3.0]),
    seeds=st.integers(1, 5),
)
def test_swapping_the_losses_turns_the_verdict_round(
    evidence: Make, gaps: list[float], noise: float, seeds: int
) -> None:
    values = {"auroc_msp": gap(*gaps, noise=noise), "clean_accuracy": gap(*gaps, noise=noise)}
    study = evidence(values, seeds=seeds)
    one, other = (judge(above(("auroc_msp",), *pair), study)[0] for pair in (("hem", "ce"), ("ce", "hem")))
    assert other.verdict == TURNED.get(one.verdict, one.verdict)
    assert other.parts[0].named("above") == one.parts[0].named("below")
    assert other.parts[0].p == pytest.approx(one.parts[0].p, nan_ok=True)
    # equivalence does not know which is which
    assert verdict(SAME, study) == verdict(comparable(("clean_accuracy",), "ce", "hem"), study)
    # what is won is never won by both
    counts = [Part("auroc_msp", "count", *pair, wins=(14, 15)) for pair in (("hem", "ce"), ("ce", "hem"))]
    assert [verdict([part], study) for part in counts].count("supported") <= 1


def test_every_claim_of_the_paper_has_its_verdict(evidence: Make) -> None:
    """Without anything measured none is decided; the ids are those of our notes, without G."""
    found = verdicts(evidence({}))
    assert {one.verdict for one in found} == {"not measured"}
    others = {"continual", "segmentation"}
    assert {one.group for one in found} == GROUPS.keys() - others, "other tasks have no claims here"
    expected = {f"X{n}" for n in range(1, 9)} | {f"S{n}" for n in range(1, 9)} | {f"L{n}" for n in range(1, 8)}
    expected |= {f"B-{n}" for n in range(1, 9)} | {"K1", "K2", "K3", "R1", "R2", "R3"}
    expected |= {f"CL{n}" for n in range(1, 6)} | {f"SG{n}" for n in range(1, 9)}
    ids = [claim.id for claims in GROUPS.values() for claim in claims]
    assert set(ids) == expected
    assert len(ids) == len(expected)


@pytest.mark.parametrize(("of_mm", "found"), [(0.2, "supported"), (0.8, "contradicted")])
def test_s7_asks_of_each_loss_that_it_spreads_msp(evidence: Make, of_mm: float, found: str) -> None:
    shares = {"ce": 0.95, "ln": 0.1, "mm": of_mm, "hem": 0.1}
    claim = next(claim for claim in GROUPS["standard"] if claim.id == "S7")
    measured = evidence({"high_msp": lambda n, variant, seed: shares[variant] + SPREAD[seed]}, shares)
    (one,) = verdicts(measured, {"standard": [claim]})
    assert one.verdict == found
