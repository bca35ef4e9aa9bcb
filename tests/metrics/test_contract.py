"""Every metric keeps the contract of its kind."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

from hembench.core import plugins
from hembench.core.errors import InputError

NAMES = plugins.names("metrics")
KINDS = {"clean", "ood", "corruption", "attack"}
"""Sets with one label, or none, for each image."""

DENSE = "dense"
"""Test images with a label for each pixel."""

EPISODES = "episodes"
"""Test images of each episode of continual learning, after each of them."""

GIVEN = {"known", "unknown", "predicted", "labels", "confidence", "correct", "threshold", "confusion"}
GIVEN |= {"accuracies", "images"}
ONLY_ON = {"known": {"ood"}, "unknown": {"ood"}, "labels": KINDS - {"ood"}, "confusion": {DENSE}}
ONLY_ON |= {"accuracies": {EPISODES}, "images": {EPISODES}}
"""Sets on which a parameter exists; the others exist on all of KINDS."""

SIGNED = {"backward_transfer", "forward_transfer", "forgetting"}
"""Differences of shares."""

OF_SCORE = {"known", "unknown", "confidence", "threshold"}
"""Parameters that need a score."""


def _metric(name):
    return getattr(plugins.load("metrics", name), name)


def _required(name: str) -> list[str]:
    parameters = inspect.signature(_metric(name)).parameters.values()
    return [parameter.name for parameter in parameters if parameter.default is parameter.empty]


def _values(count: int) -> dict[str, object]:
    rng = np.random.default_rng(0)
    predicted, labels = rng.integers(0, 3, count), rng.integers(0, 3, count)
    return {
        "known": rng.random(count),
        "unknown": rng.random(count),
        "predicted": predicted,
        "labels": labels,
        "confidence": rng.random(count),
        "correct": predicted == labels,
        "threshold": 0.5,
        "confusion": rng.integers(0, 9, (count, 3, 3)),
        "accuracies": rng.random((count + 1, count)),
        "images": rng.integers(1, 9, count),
    }


def _called(name: str, values: dict[str, object]) -> float:
    return _metric(name)(**{parameter: values[parameter] for parameter in _required(name)})


@pytest.mark.parametrize("name", NAMES)
def test_constants_and_parameters_fit(name):
    facts = plugins.constants("metrics", name)
    assert facts["MEASURED_ON"]
    assert set(facts["MEASURED_ON"]) <= KINDS | {DENSE, EPISODES}
    assert facts["SCORES"] is None or set(facts["SCORES"]) <= set(plugins.names("scores"))
    wanted = set(_required(name))
    assert wanted <= GIVEN
    for parameter in wanted:
        assert set(facts["MEASURED_ON"]) <= ONLY_ON.get(parameter, KINDS)
    assert bool(wanted & OF_SCORE) == (facts["SCORES"] != ())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_fraction_as_a_plain_float(name, count):
    value = _called(name, _values(count))
    assert type(value) is float
    assert (-1 if name in SIGNED else 0) <= value <= 1 or math.isnan(value)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_gives_nan(name):
    assert math.isnan(_called(name, _values(0)))
    assert math.isnan(_called(name, {key: [] for key in GIVEN} | {"threshold": 0.5}))


@pytest.mark.parametrize("name", [name for name in NAMES if "accuracies" not in _required(name)])
def test_the_order_of_samples_does_not_matter(name):
    values = _values(60)
    order = np.random.default_rng(1).permutation(60)
    shuffled = {key: value if key == "threshold" else value[order] for key, value in values.items()}
    assert _called(name, shuffled) == pytest.approx(_called(name, values), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "parameter"),
    [(name, parameter) for name in NAMES for parameter in _required(name) if parameter != "threshold"],
)
def test_nan_and_wrong_shapes_are_refused(name, parameter):
    values = _values(4)
    broken = [values[parameter].astype(float), values[parameter].reshape(2, -1)]
    broken[0][1] = np.nan
    for value in broken:
        with pytest.raises(InputError, match=parameter):
            _called(name, values | {parameter: value})


@pytest.mark.parametrize(
    "name", [name for name in NAMES if len(set(_required(name)) & {"confidence", "correct"}) == 2]
)
def test_different_lengths_are_refused(name):
    with pytest.raises(InputError, match="different lengths: confidence 4, correct 3"):
        _called(name, _values(4) | {"correct": np.ones(3, dtype=bool)})
