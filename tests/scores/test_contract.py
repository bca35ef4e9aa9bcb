"""Every score keeps the contract of its kind."""

from __future__ import annotations

import numpy as np
import pytest

from hembench.core import plugins
from hembench.core.errors import InputError

NAMES = plugins.names("scores")
EXTREME = np.array([[1e4, -1e4, 0.0], [3e38, 1.0, -3e38], [-5.0, -5.0, -5.0], [0.0, 0.0, 1e-30]], dtype=np.float32)


def _score(name: str, logits: np.ndarray) -> np.ndarray:
    return getattr(plugins.load("scores", name), name)(logits)


def _logits(count: int = 40, classes: int = 7) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 3, (count, classes)).astype(np.float32)


def test_the_names_that_others_rely_on():
    assert {"msp", "log_msp", "mls", "entropy", "energy"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_one_finite_number_per_sample(name):
    assert plugins.signature("scores", name)[0] == ("logits",)
    scores = _score(name, _logits())
    assert scores.shape == (40,)
    assert np.issubdtype(scores.dtype, np.floating)
    assert np.isfinite(_score(name, EXTREME)).all()
    assert _score(name, np.zeros((0, 3), dtype=np.float32)).shape == (0,)
    assert np.isfinite(_score(name, np.ones((2, 1), dtype=np.float32))).all()


@pytest.mark.parametrize("name", NAMES)
def test_larger_means_more_likely_known(name):
    """A peak that grows over flat logits is the textbook case of rising confidence."""
    logits = np.zeros((6, 5), dtype=np.float32)
    logits[:, 2] = np.arange(6)
    assert (np.diff(_score(name, logits)) > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_classes_and_the_neighbours_do_not_matter(name):
    logits = _logits()
    order = np.random.default_rng(1).permutation(7)
    np.testing.assert_allclose(_score(name, logits[:, order]), _score(name, logits), rtol=1e-6)
    np.testing.assert_allclose(_score(name, logits[3:4]), _score(name, logits)[3:4], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "logits",
    [np.zeros(3), np.zeros((2, 3, 4)), np.zeros((2, 0)), np.zeros((2, 3), dtype=np.int64), [[np.nan, 1.0]]],
)
def test_wrong_logits_are_refused(name, logits):
    with pytest.raises(InputError, match="logits"):
        _score(name, np.asarray(logits))


@pytest.mark.parametrize("name", NAMES)
def test_infinite_logits_are_refused(name):
    with pytest.raises(InputError, match="diverge"):
        _score(name, np.array([[np.inf, 1.0]]))
