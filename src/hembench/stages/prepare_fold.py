"""prepare: a fold of a training set, or the others.

Reads: a training set. Writes ``set.npz``, as the stage prepare does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hembench.core.errors import DataError
from hembench.store.content import arrays, read_arrays

if TYPE_CHECKING:
    from hembench.stages.api import Content, Inputs

SCHEMA = 1


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Take a part of the set of the role "train", in its order.

    Args:
        inputs: the training set.
        options: "fold", "folds", "held" (the fold itself, or all others), "num_classes".

    Raises:
        DataError: the part would be empty.
    """
    data = read_arrays(inputs.folders["train"] / "set.npz")
    chosen = (fold_of(data["labels"], options["folds"]) == options["fold"]) == options["held"]
    if not chosen.any():
        raise DataError(
            f"fold {options['fold']} of {options['folds']} of {len(chosen)} training images leaves none: choose "
            "fewer `folds`."
        )
    images, labels = data["images"][chosen], data["labels"][chosen]
    counts = np.bincount(labels, minlength=options["num_classes"]).astype(np.int64)
    return {"set.npz": arrays(images=images, labels=labels, counts=counts)}


def fold_of(labels: np.ndarray, folds: int) -> np.ndarray:
    """Return the fold of each sample: those of a class are dealt out in turn, so that folds are alike."""
    turns = np.zeros(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        mine = labels == label
        turns[mine] = np.arange(mine.sum())
    return turns % folds
