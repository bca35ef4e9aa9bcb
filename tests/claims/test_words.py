from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd
import pytest

from hembench.claims._claim import Claim, Part, above, comparable
from hembench.claims._evidence import Evidence
from hembench.claims.verdict import ClaimVerdict, verdicts
from hembench.claims.words import COLUMNS, _points, comparison, coverage, numbers, plain, remark, table

Make = Callable[..., Evidence]


def by(gap: float) -> Callable[[str, str, int], float]:
    return lambda network, variant, seed: 0.9 + (gap + 0.001 * (seed - 2) if variant == "hem" else 0.0)


def judge(evidence: Evidence, *parts: Part, **given: object) -> ClaimVerdict:
    (one,) = verdicts(evidence, {"test": [Claim("T", "A claim.", parts, **given)]})  # type: ignore[arg-type]
    return one


AUROC = above(("auroc_msp",), "hem", "ce")


def test_says_on_how_much_it_rests(evidence: Make) -> None:
    (part,) = judge(evidence({"auroc_msp": by(0.01)}, networks=["lenet", "mlp"]), *AUROC).parts
    assert coverage(part) == "2 of 15 standard conditions (mnist: lenet, mlp), 5 seeds, 1,000 images"
    (part,) = judge(evidence({"auroc_msp": by(0.01)}, complete=False, dataset="digits", seeds=1), *AUROC).parts
    assert coverage(part) == (
        "3 conditions, none of the paper's 15 standard conditions (digits, a subset: lenet, convnet, mlp), 1 "
        "seed, 1,000 images"
    )
    (part,) = judge(evidence({}), *AUROC).parts
    assert coverage(part) == "0 of 15 standard conditions"
    assert numbers(part) == "not measured"


def test_says_both_intervals_p_and_sides(evidence: Make) -> None:
    (part,) = judge(evidence({"auroc_msp": by(0.01)}, networks=["lenet", "mlp"]), *AUROC).parts
    text = numbers(part)
    assert text.startswith("+1.00 points [+0.8")
    assert "new conditions [+1.00, +1.00]" in text
    assert "Holm" in text
    assert text.endswith("; 2 above")
    (part,) = judge(evidence({"auroc_msp": by(-0.0001)}, networks=["mlp"]), *AUROC).parts
    assert "of one condition, nothing on new ones" in numbers(part)
    assert numbers(part).endswith("undecided: mnist-mlp")
    (part,) = judge(evidence({"auroc_msp": by(0.01)}, seeds=1), *AUROC).parts
    assert "one seed, no interval: mnist-lenet" in numbers(part)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (AUROC[0], "hem > ce: AUROC (MSP)"),
        (comparable(("clean_accuracy",), "hem", "ln")[0], "hem ≈ ln: Clean accuracy"),
        (above(("dar_msp",), "hem", "ce", at_least=True)[0], "hem ≥ ce: DAR (MSP)"),
        (Part("auroc_msp", "count", "hem", "ce", wins=(14, 15)), "hem > ce: AUROC (MSP), in 14 of 15"),
        (Part("high_msp", "directional", "ce", 0.5), "ce > 50 %: Known images with MSP ≥ 0.99"),
        (above(("auroc_msp",), "la", "hem", scope="longtail")[0], "la > hem: AUROC (MSP), long-tailed"),
        (above(("auroc_msp+clean_accuracy",), "hem", "ce")[0], "hem > ce: AUROC (MSP) + Clean accuracy"),
    ],
)
def test_comparison(part: Part, words: str) -> None:
    assert comparison(part) == words


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (AUROC, "; p < 0.0001, Holm"),
        (above(("auroc_msp",), "hem", "ce", at_least=True), "; p (one margin below or more) < 0.0001, Holm"),
        (comparable(("auroc_msp",), "hem", "ce"), "; p (beyond the margin) < 0.0001, Holm"),
    ],
)
def test_a_p_says_what_it_is_of(evidence: Make, parts: tuple[Part, ...], words: str) -> None:
    assert words in numbers(judge(evidence({"auroc_msp": by(0.005)}), *parts).parts[0])


def test_a_number_on_which_a_verdict_may_hang_is_not_rounded_to_zero() -> None:
    shown = [_points(value) for value in (0.0, 0.000002, -0.000002, -0.0012)]
    assert shown == ["0.00", "+0.0002", "−0.0002", "−0.12"]


def test_a_flip_is_said(evidence: Make) -> None:
    values = {"auroc_msp": by(0.01), "auroc_log_msp": by(-0.01)}
    assert remark(judge(evidence(values), *AUROC)).startswith(
        "Flips with the score: supported with MSP, which saturates in float32; contradicted with log-MSP."
    )
    against = above(("clean_accuracy",), "ce", "hem")
    part_only = judge(evidence(values | {"clean_accuracy": by(0.01)}), *AUROC, *against)
    assert not part_only.flips, "contradicted anyway"
    assert "With log-MSP in the place of MSP, other verdicts on: AUROC (MSP)." in remark(part_only)


def test_what_is_elsewhere_or_beyond_is_said(evidence: Make) -> None:
    one = judge(evidence({}), elsewhere="see hembench table 1", beyond=("segmentation",))
    assert remark(one) == "Beyond these metrics: segmentation. See hembench table 1."


def test_the_table_has_a_row_per_comparison_and_one_for_a_claim_without(evidence: Make) -> None:
    values = {"auroc_msp": by(0.01), "clean_accuracy": by(0.0)}
    both = judge(evidence(values), *AUROC, *comparable(("clean_accuracy",), "hem", "ce"))
    found = table([both, judge(evidence({}))])
    assert tuple(found.columns) == COLUMNS
    assert found["verdict"].tolist() == ["supported", "supported", "not measured"]
    first = found.iloc[0]
    assert first["mean"] == pytest.approx(1.0)
    assert (first["conditions"], first["of"], first["seeds"], first["images"]) == (3, 15, 5, 1000)
    assert pd.isna(found["mean"].iloc[2])


def test_plain_values_are_strict_json(evidence: Make) -> None:
    values = {"auroc_msp": by(0.01), "auroc_log_msp": by(-0.01)}
    (one,) = plain([judge(evidence(values, networks=["mlp"]), *AUROC)])
    assert json.loads(json.dumps(one, allow_nan=False)) == one
    assert (one["verdict"], one["verdict_log_msp"], one["flips"]) == ("supported", "contradicted", True)
    (part,) = one["parts"]
    assert part["new_low"] is None, "one condition"
    assert part["above"] == ["mnist-mlp"]
    (condition,) = part["by_condition"]
    assert condition["signed_rank"] == {"p": 0.0625, "smallest": 0.0625, "n": 5}
    assert condition["mean"] == pytest.approx(1.0)
    assert part["log_msp"].startswith("−1.00 points")
