"""Claims about another task: which conditions count, the best strategy of each loss, counts by means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd
import pytest

from hembench.claims._claim import SCOPES
from hembench.claims._evidence import Evidence
from hembench.claims.verdict import GROUPS, ClaimVerdict, verdicts
from hembench.claims.words import comparison, coverage, numbers, remark
from hembench.stats.sixteen import SIXTEEN

Make = Callable[..., Evidence]
Accuracies = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Benchmark -> strategy -> variant -> mean final accuracy."""

NOISE = {"ce": (-0.001, 0.0, 0.001), "hem": (0.0, 0.001, -0.001)}


def learnt(make: Make, accuracies: Accuracies) -> Evidence:
    """Return the evidence of a continual study with three seeds and these means."""
    parts = []
    for benchmark, by in accuracies.items():

        def value(strategy: str, variant: str, seed: int, by: Mapping[str, Mapping[str, float]] = by) -> float:
            mean = by[strategy].get(variant, float("nan"))
            return mean + NOISE.get(variant, (0.0, 0.002, -0.002))[seed]

        variants = list(dict.fromkeys(name for of in by.values() for name in of))
        given = {"dataset": benchmark, "networks": list(by), "seeds": 3, "task": "continual"}
        parts.append(make({"final_accuracy": value}, variants, **given))
    frames = {name: pd.concat([one.frames[name] for one in parts]) for name in parts[0].frames}
    conditions = tuple(condition for one in parts for condition in one.conditions)
    return Evidence(frames, conditions, parts[0].variants)


def judged(evidence: Evidence) -> dict[str, ClaimVerdict]:
    return {one.claim.id: one for one in verdicts(evidence) if one.variant != "ce"}


def same(**means: float) -> dict[str, dict[str, float]]:
    return dict.fromkeys(("replay", "si", "ewc", "lfl"), means)


def test_a_continual_study_has_the_claims_of_its_task_alone(evidence: Make) -> None:
    found = judged(learnt(evidence, {"permuted_mnist": same(ce=0.8, hem=0.9)}))
    assert list(found) == [claim.id for claim in GROUPS["continual"]]
    assert found["CL3"].verdict == "supported"
    assert found["CL5"].verdict == "not measured"
    both = learnt(evidence, {"permuted_mnist": same(ce=0.8, hem=0.9)})
    other = evidence({"clean_accuracy": lambda n, v, s: 0.9})
    frames = {name: pd.concat([both.frames[name], other.frames[name]]) for name in both.frames}
    mixed = judged(Evidence(frames, both.conditions + other.conditions, both.variants))
    assert {"CL3", "S1"} <= set(mixed), "a study of both has the claims of both"
    assert coverage(mixed["CL3"].parts[0]).startswith(
        "4 of 16 continual-learning conditions (permuted_mnist: replay"
    )


def test_a_count_needs_the_papers_share_and_each_condition_its_own_interval(evidence: Make) -> None:
    won = {"ce": 0.8, "hem": 0.85}
    lost = {"ce": 0.8, "hem": 0.75}
    even = {"ce": 0.8, "hem": 0.8001}

    def verdict(*by: dict[str, float]) -> ClaimVerdict:
        strategies = dict(zip(("replay", "si", "ewc", "lfl"), by, strict=True))
        return judged(learnt(evidence, {"permuted_mnist": strategies}))["CL1"]

    assert verdict(won, won, won, lost).verdict == "supported"  # 11/16 of four is less than three
    assert verdict(won, won, even, even).verdict == "undecided"
    (part,) = verdict(won, won, even, lost).parts
    assert part.verdict == "undecided"
    assert "by means 3 of 4 above, 2 by more than a standard deviation (1 below)" in numbers(part)
    six = {name: same(ce=0.8, hem=0.75) for name in ("permuted_mnist", "split_mnist")}
    assert judged(learnt(evidence, six))["CL1"].verdict == "contradicted", "more lost than the paper has"


def by_guess(make: Make, guess: str, **means: Mapping[str, float]) -> Evidence:
    """Return a study of PermutedMNIST as the plan hands it over: what is among the guess's 16 is the paper's."""
    evidence = learnt(make, {"permuted_mnist": means})
    papers = []
    for one in evidence.conditions:
        pair = (one.dataset, one.network)
        guesses = {name: pair in of for name, of in SIXTEEN.items()}
        papers.append(replace(one, pair=pair, guesses=guesses, of_paper=pair if guesses[guess] else None))
    return Evidence(evidence.frames, tuple(papers), evidence.variants)


@pytest.mark.parametrize(
    ("guess", "counted", "verdict"),
    [("A", "replay, ewc", "supported"), ("B", "replay, lwf", "undecided"), ("C", "replay, ewc, lwf", "undecided")],
)
def test_each_claim_is_judged_by_every_guess_of_the_sixteen(
    evidence: Make, guess: str, counted: str, verdict: str
) -> None:
    """HEM wins with Replay and EWC and is even with LwF: EWC is not among B's pairs, LwF not among A's."""
    won, even = {"ce": 0.8, "hem": 0.85}, {"ce": 0.8, "hem": 0.8001}
    found = judged(by_guess(evidence, guess, replay=won, ewc=won, lwf=even))["CL1"]
    assert found.verdict == verdict
    assert f"(permuted_mnist: {counted})" in coverage(found.parts[0])
    assert found.guesses == (("A", "supported"), ("B", "undecided"), ("C", "undecided"))
    assert remark(found).endswith("By guess which 16 are the paper's: A supported, B undecided, C undecided.")


@pytest.mark.parametrize("claim", ["CL2", "CL3", "CL4"])
def test_where_guesses_agree_that_is_said(evidence: Make, claim: str) -> None:
    means = {"ce": 0.8, "hem": 0.9, "ln": 0.2, "dice": 0.2, "mm": 0.7}
    all_five = dict.fromkeys(("replay", "si", "ewc", "lfl", "lwf"), means)
    found = judged(by_guess(evidence, "A", **all_five))
    assert found[claim].verdict == "supported"
    assert remark(found[claim]).endswith("The same by guesses A, B, C which 16 are the paper's.")
    assert found["CL5"].guesses == ()


def test_guesses_say_nothing_where_all_count_the_same(evidence: Make) -> None:
    """PermutedMNIST with Replay and SI is among the 16 of every guess: that all agree is no news."""
    won = {"ce": 0.8, "hem": 0.85}
    found = judged(by_guess(evidence, "A", replay=won, si=won))["CL1"]
    assert found.guesses == ()
    assert "uesses" not in remark(found)


def test_guesses_say_nothing_where_none_is_the_papers(evidence: Make) -> None:
    found = judged(learnt(evidence, {"split_digits": same(ce=0.8, hem=0.9)}))["CL1"]
    assert found.guesses == ()
    assert "uesses" not in remark(found)


def test_each_loss_has_the_strategy_that_suits_it(evidence: Make) -> None:
    found = judged(
        learnt(
            evidence,
            {
                "permuted_mnist": {"replay": {"ce": 0.9, "hem": 0.7}, "si": {"ce": 0.6, "hem": 0.95}},
                "split_mnist": {"replay": {"ce": 0.9, "hem": 0.92}, "ewc": {"ce": 0.2, "hem": 0.1}},
                "split_cifar10": {"replay": {"ce": 0.9, "hem": 0.8}, "lwf": {"hem": 0.99}},
            },
        )
    )["CL2"]
    (part,) = found.parts
    means = {one.condition.name: round(one.difference.mean, 3) for one in part.found}
    assert means == {
        "permuted_mnist: si against replay": 0.05,
        "split_mnist: replay": 0.02,
        "split_cifar10: replay": -0.1,  # what HEM alone was tried with does not count
    }
    assert found.verdict == "undecided", "three of four is more than two of three"
    assert coverage(part).startswith("3 of 4 benchmarks (permuted_mnist: si against replay; split_mnist: replay;")
    assert "each with the best of each benchmark, in 3 of 4" in comparison(part.part)


def test_where_none_is_the_papers_all_of_the_task_count(evidence: Make) -> None:
    of = learnt(evidence, {"split_digits": same(ce=0.8, hem=0.9)})
    found = judged(of)
    assert coverage(found["CL1"].parts[0]).startswith(
        "4 conditions, none of the paper's 16 continual-learning conditions"
    )
    assert coverage(found["CL2"].parts[0]).startswith("1 benchmark, none of the paper's 4 benchmarks")


@pytest.mark.parametrize(
    ("means", "verdict"),
    [
        ({"ce": 0.8, "hem": 0.9, "ln": 0.5, "dice": 0.5, "mm": 0.7}, "supported"),
        ({"ce": 0.8, "hem": 0.9, "ln": 0.85, "dice": 0.5, "mm": 0.7}, "contradicted"),
        ({"ce": 0.8, "hem": 0.9, "ln": 0.5, "dice": 0.5}, "not measured"),
    ],
)
def test_the_order_of_the_averages(evidence: Make, means: dict[str, float], verdict: str) -> None:
    assert judged(learnt(evidence, {"permuted_mnist": same(**means)}))["CL4"].verdict == verdict


def test_every_part_of_a_claim_is_about_its_claims_task() -> None:
    for claims in GROUPS.values():
        for claim in claims:
            assert {SCOPES[part.scope].task for part in claim.parts} <= {claim.task}, claim.id
