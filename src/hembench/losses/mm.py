"""Multi-class margin loss (MM), what HEM starts from (paper 3.6; torch's multi_margin_loss at power 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hembench.losses._arguments import checked_number
from hembench.losses._base import Loss
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
        errors = margin_errors(logits, targets, valid, self.margin, self.power)
        return ratio(errors.sum(), valid.sum() * self.num_classes)


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
