"""Claims on segmentation: which conditions count, and what decides them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import pytest

from hembench.claims._evidence import Evidence
from hembench.claims.segmentation import OTHERS
from hembench.claims.verdict import GROUPS, ClaimVerdict, verdicts

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
    camvid = everywhere() | {"fpn_resnet34": {"hem_plus": 0.58, "hem": 0.575}}
    return learnt(evidence, {"camvid": camvid, "cityscapes": everywhere(), "sbd": everywhere()})


def test_numbers_as_the_paper_describes_them_support_its_claims(as_the_paper: Evidence) -> None:
    found = judged(as_the_paper)
    assert list(found) == [claim.id for claim in GROUPS["segmentation"]]
    words = {name: one.verdict for name, one in found.items()}
    assert words == dict.fromkeys(words, "supported") | {"SG8": "not measured"}
    assert found["SG1"].parts[0].of_paper == 12
    assert [len(part.found) for part in found["SG3"].parts] == [4, 4]
    assert len(found["SG7"].parts) == len(OTHERS)
    assert [len(part.found) for part in found["SG7"].parts] == [3] * 6, "a data-set counts once"


def test_they_can_be_contradicted(evidence: Make) -> None:
    worse = everywhere(hem_plus=0.2, ln=0.7, hem=0.3)
    found = judged(learnt(evidence, {"camvid": worse, "cityscapes": worse, "sbd": worse}))
    words = {name: found[name].verdict for name in ("SG1", "SG3", "SG4", "SG5", "SG6", "SG7")}
    assert set(words.values()) == {"contradicted"}
    best = everywhere()
    assert judged(learnt(evidence, {"camvid": best}))["SG2"].verdict == "contradicted", "above CE with all four"


def test_claims_about_one_data_set_say_nothing_where_it_is_missing(evidence: Make) -> None:
    found = judged(learnt(evidence, {"digit_scenes": {"fcn": {}}}))
    assert found["SG2"].verdict == found["SG3"].verdict == "not measured"
    assert found["SG1"].verdict == "supported"
    assert found["SG1"].parts[0].of_paper == 0
