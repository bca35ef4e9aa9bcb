from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.stages import prepare_fold
from hembench.stages.api import Inputs
from hembench.store.content import arrays, read_arrays

LABELS = [2, 2, 0, 2, 2, 0, 2, 1]


def part(tmp_path: Path, fold: int, held: bool, folds: int = 3) -> dict[str, Any]:
    images = np.arange(8, dtype=np.uint8).reshape(8, 1, 1, 1)
    arrays(images=images, labels=np.int64(LABELS), counts=np.int64([2, 1, 5]))(tmp_path / "set.npz")
    options = {"fold": fold, "folds": folds, "held": held, "num_classes": 3}
    contents = prepare_fold.compute(Inputs(folders={"train": tmp_path}), options)
    contents["set.npz"](tmp_path / "part.npz")
    return read_arrays(tmp_path / "part.npz")


def test_samples_of_a_class_are_dealt_out_in_turn(tmp_path: Path) -> None:
    held = [part(tmp_path, fold, held=True)["images"].ravel().tolist() for fold in range(3)]
    assert held == [[0, 2, 4, 7], [1, 5, 6], [3]]


def test_a_fold_and_the_others_are_the_whole_set(tmp_path: Path) -> None:
    for fold in range(3):
        held, rest = part(tmp_path, fold, held=True), part(tmp_path, fold, held=False)
        images = np.concatenate([held["images"], rest["images"]]).ravel()
        assert sorted(images.tolist()) == list(range(8))
        np.testing.assert_array_equal(held["counts"] + rest["counts"], [2, 1, 5])
        np.testing.assert_array_equal(rest["labels"], np.array(LABELS)[rest["images"].ravel()])


def test_more_folds_than_samples(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="fold 7 of 9 of 8 training images leaves none"):
        part(tmp_path, 7, held=True, folds=9)
