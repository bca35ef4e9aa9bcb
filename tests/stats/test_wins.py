from __future__ import annotations

import math

import pytest

from hembench.stats.conditions import ABLATION, LONGTAIL, STANDARD, missing
from hembench.stats.wins import side, sign_test


@pytest.mark.parametrize(
    ("low", "high", "line", "found"),
    [
        (0.1, 0.2, 0.0, "above"),
        (-0.2, -0.1, 0.0, "below"),
        (-0.1, 0.1, 0.0, "undecided"),
        (0.0, 0.1, 0.0, "undecided"),  # touches the line
        (0.0, 0.0, 0.0, "undecided"),
        (0.1, 0.2, 0.3, "below"),
        (math.nan, math.nan, 0.0, "undecided"),
    ],
)
def test_side(low: float, high: float, line: float, found: str) -> None:
    assert side(low, high, line) == found
    assert side(-high, -low, -line) == {"above": "below", "below": "above"}.get(found, found)


def test_sign_test() -> None:
    assert sign_test(14, 1) == pytest.approx(2 * 16 / 2**15)
    assert sign_test(3, 0) == pytest.approx(0.25)
    assert math.isnan(sign_test(0, 0))


def test_the_papers_grid() -> None:
    assert (len(STANDARD), len(LONGTAIL), len(ABLATION)) == (15, 4, 2)
    assert len(set(STANDARD)) == 15
    assert len({network for _, network in STANDARD}) == 14, "ResNet18 is there twice"
    assert missing(STANDARD[:3], ["mnist-mlp"]) == ["mnist-lenet", "mnist-convnet"]
