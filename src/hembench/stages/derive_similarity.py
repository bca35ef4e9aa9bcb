"""derive: how much each class is like each other one, from what networks say of images they were not trained on.

Reads: predictions of each fold of a training set by a network trained on the other folds. Writes
``similarity.npz``: matrix float64 (classes, classes), zero on the diagonal, each row adding up to 1.
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
    """Learn the matrix.

    Args:
        inputs: artefacts "fold.<number>", predictions with "clean" (logits) and "labels".
        options: "num_classes", "softening" (temperature of the softmax).

    Raises:
        DataError: logits that are not finite: a training of a fold diverged.
    """
    folds = [read_arrays(inputs.folders[role] / "predictions.npz") for role in sorted(inputs.folders)]
    logits = np.concatenate([fold["clean"] for fold in folds]).astype(np.float64)
    labels = np.concatenate([fold["labels"] for fold in folds])
    if not np.isfinite(logits).all():
        raise DataError(
            "the predictions of the folds are not all finite: a network that was trained with cross-entropy to "
            "learn similarities diverged. Try a smaller learning rate, or give the loss a `matrix`."
        )
    return {
        "similarity.npz": arrays(matrix=similarity(logits, labels, options["num_classes"], options["softening"]))
    }


def similarity(logits: np.ndarray, labels: np.ndarray, num_classes: int, softening: float) -> np.ndarray:
    """Return the mean softmax of each class's samples over the other classes, as a distribution.

    A class without samples, or that is never taken for another, is like all others alike.

    Args:
        logits: float64 (N, C).
        labels: int64 (N,).
        num_classes: C.
        softening: temperature of the softmax.
    """
    scaled = (logits - logits.max(axis=1, keepdims=True)) / softening
    shares = np.exp(scaled)
    shares /= shares.sum(axis=1, keepdims=True)
    sums = np.zeros((num_classes, num_classes))
    np.add.at(sums, labels, shares)
    others = ~np.eye(num_classes, dtype=bool)
    sums = np.where(others, sums, 0.0)
    mass = sums.sum(axis=1, keepdims=True)
    rows: np.ndarray = np.where(mass > 0.0, sums, others) / np.where(mass > 0.0, mass, num_classes - 1.0)
    return rows
