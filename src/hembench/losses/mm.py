"""Multi-class margin loss (MM), what HEM starts from (paper 3.6; torch's multi_margin_loss at power 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hembench.losses._arguments import checked_number
from hembench.losses._base import Loss
from hembench.losses._dense import dense_sum
from hembench.losses._errors import margin_errors
from hembench.losses._reduce import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Annotated

    from annotated_types import Ge, Gt
    from torch import Tensor


class MultiMargin(Loss):
    """Mean of the margin errors over all N x C entries, the zero of the target included."""

    def __init__(self, num_classes: int, ignore_index: int, margin: float, power: float) -> None:
        super().__init__(num_classes, ignore_index)
        self.margin = checked_number(margin, "mm: margin", 0.0)
        self.power = checked_number(power, "mm: power", 0.0, inclusive=False)

    def compute(self, logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of a checked batch (see ``Loss``)."""
        if logits.ndim > 2:
            total = dense_sum(logits, targets, valid, self._differentiated)
        else:
            total = margin_errors(logits, targets, valid, self.margin, self.power).sum()
        return ratio(total, valid.sum() * self.num_classes)

    def _differentiated(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the sums of errors of pixels and their gradient; see ``_dense.py``."""
        errors = (logits - logits.gather(1, targets)).add_(self.margin)
        if self.power == 1.0:
            gradient = torch.ge(errors, 0.0, out=torch.empty_like(errors))  # as clamp has it at 0
        errors.clamp_(min=0.0).scatter_(1, targets, 0.0)
        if self.power != 1.0:
            steep = errors.clamp(min=torch.finfo(errors.dtype).tiny).pow_(self.power - 1.0)
            gradient = (steep * self.power).mul_(errors > 0)
            errors.mul_(steep)
        gradient.scatter_(1, targets, 0.0)
        gradient.scatter_(1, targets, gradient.sum(dim=1, keepdim=True).neg_())
        return errors.sum(dim=1, keepdim=True), gradient


def build(
    num_classes: int,
    counts: Sequence[int] | None = None,  # noqa: ARG001  (same call for every loss)
    ignore_index: int = -100,
    *,
    margin: Annotated[float, Ge(0)] = 1.0,
    power: Annotated[float, Gt(0)] = 1.0,
) -> MultiMargin:
    """Return the criterion; it needs no counts.

    Args:
        num_classes: C, at least 2.
        counts: not used.
        ignore_index: label of samples that take no part.
        margin: at least 0; the paper uses 1 (its B.1: the best for unknown classes).
        power: exponent of each error, above 0; Table 1 of the paper needs 1/2 (docs/decisions.md).

    Raises:
        InputError: an option out of range.
    """
    return MultiMargin(num_classes, ignore_index, margin, power)
