from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.stages import derive_similarity
from hembench.stages.api import Inputs
from hembench.stages.derive_similarity import similarity
from hembench.store.content import arrays, read_arrays

OPTIONS = {"num_classes": 3, "softening": 1.0}


def folds(tmp_path: Path, *parts: tuple[list[list[float]], list[int]]) -> Inputs:
    found = {}
    for number, (logits, labels) in enumerate(parts):
        folder = tmp_path / str(number)
        folder.mkdir()
        content = arrays({"clean": np.float32(logits), "labels": np.int64(labels)})
        content(folder / "predictions.npz")
        found[f"fold.{number}"] = folder
    return Inputs(folders=found)


def test_mean_softmax_over_all_folds_without_the_class_itself(tmp_path: Path) -> None:
    """By hand: softmax (1/2, 1/3, 1/6) and (1/2, 1/6, 1/3) of class 0; (1/6, 1/2, 1/3) of class 1; none of 2."""
    first = (np.log([[3, 2, 1], [1, 3, 2]]).tolist(), [0, 1])
    second = (np.log([[3, 1, 2], [6, 2, 4]]).tolist(), [0, 0])
    contents = derive_similarity.compute(folds(tmp_path, first, second), OPTIONS)
    contents["similarity.npz"](tmp_path / "similarity.npz")
    matrix = read_arrays(tmp_path / "similarity.npz")["matrix"]
    expected = [[0, 4 / 9, 5 / 9], [1 / 3, 0, 2 / 3], [0.5, 0.5, 0]]
    np.testing.assert_allclose(matrix, expected, rtol=1e-6)


def test_softening_brings_the_rows_closer_to_alike() -> None:
    logits = np.log([[8.0, 4.0, 1.0]])
    sharp, soft = (similarity(logits, np.array([0]), 3, softening)[0] for softening in (1.0, 2.0))
    np.testing.assert_allclose(sharp, [0, 0.8, 0.2])
    np.testing.assert_allclose(soft, [0, 2 / 3, 1 / 3])


def test_a_class_that_is_never_taken_for_another_is_like_all_alike() -> None:
    certain = similarity(np.array([[2000.0, 0.0, 0.0]]), np.array([0]), 3, 1.0)
    np.testing.assert_array_equal(certain[0], [0.0, 0.5, 0.5])
    np.testing.assert_allclose(certain.sum(axis=1), 1.0, rtol=1e-12)


def test_a_fold_that_diverged(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not all finite"):
        derive_similarity.compute(folds(tmp_path, ([[np.nan, 0, 0]], [0])), OPTIONS)
