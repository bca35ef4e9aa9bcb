"""Claims on segmentation: which conditions count, and what decides them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd
import pytest

from hembench.claims._evidence import Evidence
from hembench.claims.segmentation import OTHERS
from hembench.claims.verdict import GROUPS, ClaimVerdict, verdicts
from hembench.claims.words import coverage, numbers

Make = Callable[..., Evidence]
NETWORKS = ("fpn_resnet34", "fpn_efficientnet_b4", "fpn_densenet201", "fpn_resnext50")
MEANS = {"ce": 0.60, "ln": 0.30, "la": 0.40, "dice": 0.601, "mm": 0.50, "hem": 0.602, "hem_plus": 0.65}
NOISE = (-0.001, 0.0, 0.001)


def learnt(make: Make, datasets: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Evidence:
    """Return the evidence of a study: data-set -> network -> changes of the means above, by loss."""
    parts = []
    for dataset, networks in datasets.items():

        def value(
            network: str, variant: str, seed: int, of: Mapping[str, Mapping[str, float]] = networks
        ) -> float:
            return (MEANS | dict(of[network]))[variant] + NOISE[(seed + len(variant)) % 3]

        given = {"dataset": dataset, "networks": list(networks), "seeds": 3, "task": "segmentation"}
        parts.append(make({"iou": value}, list(MEANS), **given))
    frames = {name: pd.concat([one.frames[name] for one in parts]) for name in parts[0].frames}
    return Evidence(frames, tuple(c for one in parts for c in one.conditions), parts[0].variants)


def judged(evidence: Evidence) -> dict[str, ClaimVerdict]:
    return {one.claim.id: one for one in verdicts(evidence)}


def everywhere(**changes: float) -> dict[str, dict[str, float]]:
    return dict.fromkeys(NETWORKS, changes)


@pytest.fixture
def as_the_paper(evidence: Make) -> Evidence:
    best = everywhere() | {"fpn_resnext50": {"hem_plus": 0.7}}
    camvid = best | {"fpn_resnet34": {"hem_plus": 0.58, "hem": 0.575}}
    return learnt(evidence, {"camvid": camvid, "cityscapes": best, "sbd": best})


def test_numbers_as_the_paper_describes_them_support_its_claims(as_the_paper: Evidence) -> None:
    found = judged(as_the_paper)
    assert list(found) == [claim.id for claim in GROUPS["segmentation"]]
    words = {name: one.verdict for name, one in found.items()}
    assert words == dict.fromkeys(words, "supported") | {"SG8": "not measured"}
    assert found["SG1"].parts[0].of_paper == 12
    assert [len(part.found) for part in found["SG3"].parts] == [4, 4]
    assert len(found["SG7"].parts) == 2 * len(OTHERS)
    assert [len(part.found) for part in found["SG7"].parts] == [3] * 12, "a data-set counts once"
    ahead = {(part.part.second, part.part.further): part.found[1].difference.mean for part in found["SG7"].parts}
    assert ahead["ce", False] == pytest.approx(0.70 - 0.60)
    assert ahead["ce", True] == pytest.approx(0.10 - (0.05 + 0.05 + 0.05 + 0.10) / 4)


def test_they_can_be_contradicted(evidence: Make) -> None:
    worse = everywhere(hem_plus=0.2, ln=0.7, hem=0.3)
    found = judged(learnt(evidence, {"camvid": worse, "cityscapes": worse, "sbd": worse}))
    words = {name: found[name].verdict for name in ("SG1", "SG3", "SG4", "SG5", "SG6", "SG7")}
    assert set(words.values()) == {"contradicted"}
    best = everywhere()
    assert judged(learnt(evidence, {"camvid": best}))["SG2"].verdict == "contradicted", "above CE with all four"
    worst = everywhere(hem_plus=0.5)
    assert judged(learnt(evidence, {"camvid": worst}))["SG2"].verdict == "contradicted", "below CE with all four"


def test_a_lead_that_is_no_larger_with_the_best_networks_is_not_further(evidence: Make) -> None:
    found = judged(learnt(evidence, {"camvid": everywhere()}))["SG7"]
    assert {part.verdict for part in found.parts if not part.part.further} == {"supported"}
    assert {part.verdict for part in found.parts if part.part.further} != {"supported"}
    assert found.verdict != "supported"
    less = {name: {"ce": 0.6 + 0.02 * place} for place, name in enumerate(NETWORKS)}
    parts = judged(learnt(evidence, {"camvid": less}))["SG7"].parts
    (of_ce,) = [part for part in parts if part.part.further and part.part.second == "ce"]
    assert of_ce.verdict == "contradicted"
    assert of_ce.found[0].difference.mean == pytest.approx(-0.01 - 0.02)


def test_a_best_network_needs_another_and_units_are_one(evidence: Make) -> None:
    one = learnt(evidence, {"camvid": {"fpn_resnet34": {}}})
    assert judged(one)["SG7"].verdict == "not measured"
    several = learnt(evidence, {"own": {"fcn": {}, "fcn-image": {"hem_plus": 0.9}}})
    units = [
        replace(each, of_paper=None, uncounted="fcn", unit=unit, stands=unit == "pixel")
        for each, unit in zip(several.conditions, ("pixel", "image"), strict=True)
    ]
    found = judged(replace(several, conditions=tuple(units)))
    assert found["SG7"].verdict == "not measured"
    assert [each.condition.name for each in found["SG1"].parts[0].found] == ["own-fcn"]
    assert coverage(found["SG1"].parts[0]).endswith("3 seeds, 1,000 images, classes counted by pixel")
    as_two = judged(replace(several, conditions=tuple(replace(each, stands=True) for each in units)))
    assert as_two["SG7"].verdict == "not measured", "units are no networks, whatever stands"


def test_very_poor_is_more_than_the_margin(evidence: Make) -> None:
    slightly = learnt(evidence, {"camvid": everywhere(ln=0.595, la=0.595)})
    assert judged(slightly)["SG4"].verdict == "contradicted"
    assert judged(learnt(evidence, {"camvid": everywhere(ln=0.58, la=0.58)}))["SG4"].verdict == "supported"


def test_never_worse_is_counted(evidence: Make) -> None:
    """The mean over conditions is well above; one of twelve is worse."""
    sets = {name: everywhere() for name in ("camvid", "cityscapes", "sbd")}
    sets["sbd"] = sets["sbd"] | {"fpn_resnet34": {"hem_plus": 0.58}}
    together, counted = judged(learnt(evidence, sets))["SG6"].parts
    assert (together.verdict, counted.verdict) == ("supported", "contradicted")
    assert numbers(counted).endswith("11 not worse, 1 worse")
    sets["sbd"] = everywhere() | {"fpn_resnet34": {"hem_plus": 0.597}}
    assert judged(learnt(evidence, sets))["SG6"].verdict == "supported", "half a point worse is no worse"


def test_claims_about_one_data_set_say_nothing_where_it_is_missing(evidence: Make) -> None:
    found = judged(learnt(evidence, {"digit_scenes": {"fcn": {}}}))
    assert found["SG2"].verdict == found["SG3"].verdict == "not measured"
    assert found["SG1"].verdict == "supported"
    assert found["SG1"].parts[0].of_paper == 0
