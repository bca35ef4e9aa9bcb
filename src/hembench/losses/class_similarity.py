"""Cross-entropy against a target that spreads some weight over the classes that are like the sample's own.

After "Leveraging Class Similarity to Improve Deep Neural Network Robustness", of which the abstract alone was
available: the formula is ours (docs/decisions.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hembench.core.errors import InputError
from hembench.losses._arguments import checked_number, widened
from hembench.losses._base import Loss
from hembench.losses._reduce import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Annotated

    from annotated_types import Ge, Gt, Le
    from torch import Tensor

DERIVED = "derive_similarity"
"""Stage file that learns ``matrix`` for a training that is given none."""


class ClassSimilarity(Loss):
    """Mean of -sum_j S[label, j] log softmax(logits)_j, S = (1 - weight) I + weight R, R the matrix."""

    targets: Tensor

    def __init__(
        self, num_classes: int, ignore_index: int, matrix: Sequence[Sequence[float]] | None, weight: float
    ) -> None:
        super().__init__(num_classes, ignore_index)
        weight = checked_number(weight, "class_similarity: weight", 0.0, high=1.0)
        identity = torch.eye(num_classes, dtype=torch.float64)
        similar = (1.0 - identity) if matrix is None else _checked(matrix, num_classes)
        rows = (1.0 - weight) * identity + weight * similar / similar.sum(dim=1, keepdim=True)
        self.register_buffer("targets", rows, persistent=False)

    def compute(self, logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of a checked batch (see ``Loss``)."""
        logs = widened(logits).movedim(1, -1).log_softmax(dim=-1)
        rows = self.targets.to(logs.device, logs.dtype)[targets]
        losses = -(rows * logs).sum(dim=-1)
        return ratio(torch.where(valid, losses, 0.0).sum(), valid.sum())


def _checked(matrix: Sequence[Sequence[float]], num_classes: int) -> Tensor:
    """Return the similarities as (C, C), float64.

    Raises:
        InputError: another shape, a number that is negative or not finite, one on the diagonal, or a row of zeros.
    """
    values = torch.as_tensor(matrix, dtype=torch.float64)
    if values.shape != (num_classes, num_classes):
        raise InputError(
            f"class_similarity: matrix: expected {num_classes} rows of {num_classes} numbers, one for each class, "
            f"got the shape {tuple(values.shape)}."
        )
    if not (values.isfinite().all() and (values >= 0).all()):
        raise InputError("class_similarity: matrix: expected finite numbers, at least 0.")
    if values.diagonal().any() or not values.any(dim=1).all():
        raise InputError(
            "class_similarity: matrix: expected zeros on the diagonal (a class's own share is 1 - weight) "
            "and a number above zero in each row."
        )
    return values


def build(
    num_classes: int,
    counts: Sequence[int] | None = None,  # noqa: ARG001  (same call for every loss)
    ignore_index: int = -100,
    *,
    matrix: list[list[float]] | None = None,
    weight: Annotated[float, Ge(0), Le(1)] = 0.1,
    folds: Annotated[int, Ge(2)] = 3,  # noqa: ARG001  (the plan asks for them)
    softening: Annotated[float, Gt(0)] = 1.0,  # noqa: ARG001
) -> ClassSimilarity:
    """Return the criterion; it needs no counts.

    Args:
        num_classes: C, at least 2.
        counts: not used.
        ignore_index: label of samples that take no part.
        matrix: (C, C), how much each class is like each other one; rows need not add up to 1. In a study without
            it trainings learn it from their data; here, without it, all classes are alike (label smoothing).
        weight: share of the target in [0, 1] that the other classes get; 0 is cross-entropy.
        folds: parts of the training set, each predicted by a network trained on the others, to learn the matrix.
        softening: temperature of the softmax of these predictions, above 0.

    Raises:
        InputError: an option out of range.
    """
    return ClassSimilarity(num_classes, ignore_index, matrix, weight)
