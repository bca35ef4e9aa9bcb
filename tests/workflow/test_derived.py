"""A loss that is first learnt from data: what its trainings need is made, and an edit costs these alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hembench.store.content import read_arrays

if TYPE_CHECKING:
    from conftest import Project

LEARNT = "  similar: {loss: class_similarity, folds: 2}\n"
FOLLOWS = ("evaluate/*", "table/*", "figure/*", "report/*", "publish")
SIMILAR = ("train/*-similar-*", "predict/*-similar-*", *FOLLOWS)


@pytest.fixture
def learning(bare: Callable[[str], Project]) -> Project:
    """Return a copy with the bare study and one loss more."""
    copy = bare("learning")
    copy.edit("config/tiny.yaml", "  hem: {}\n", f"  hem: {{}}\n{LEARNT}")
    return copy


def test_an_edit_of_what_is_learnt_costs_the_trainings_that_read_it(learning: Project) -> None:
    learning.pretend()
    assert learning.would_make() == set()
    learning.edit_inside("src/hembench/stages/derive_similarity.py", "similarity")
    assert learning.would_make() == learning.matching("derive/*", *SIMILAR)


def test_an_edit_of_the_loss_costs_nothing_of_what_it_is_learnt_from(learning: Project) -> None:
    learning.pretend()
    learning.edit_inside("src/hembench/losses/class_similarity.py", "ClassSimilarity.compute")
    assert learning.would_make() == learning.matching(*SIMILAR)


def test_an_edit_of_cross_entropy_reaches_it_through_the_folds(learning: Project) -> None:
    learning.pretend()
    learning.edit_inside("src/hembench/losses/ce.py", "CrossEntropy.compute")
    ce = ("train/*-ce-*", "predict/*-ce-*", "derive/*", *SIMILAR)
    assert learning.would_make() == learning.matching(*ce)


def test_a_run_learns_the_matrix_and_a_second_one_does_nothing(learning: Project) -> None:
    learning.snakemake()
    [file] = Path(learning.results).glob("derive/digits-mlp_tiny-one_epoch-similarity/*/similarity.npz")
    matrix = read_arrays(file)["matrix"]
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0)
    assert not matrix.diagonal().any()
    assert len(np.unique(matrix)) > 10, "no two classes are alike to the bit"
    assert set(learning.computed().values()) == {1}
    assert learning.would_make() == set()
