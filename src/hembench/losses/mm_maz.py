"""Ablation of the paper's Table 3, "+maz": MM with the mean above zero, HEM without its threshold."""

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


class MultiMarginMeanAboveZero(Loss):
    """Mean over a sample's errors above zero, then over the samples whose loss is above zero (paper 4.1)."""

    def __init__(self, num_classes: int, ignore_index: int, margin: float, power: float) -> None:
        super().__init__(num_classes, ignore_index)
        self.margin = checked_number(margin, "mm_maz: margin", 0.0)
        self.power = checked_number(power, "mm_maz: power", 0.0, inclusive=False)

    def compute(self, logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of a checked batch (see ``Loss``)."""
        errors = margin_errors(logits, targets, valid, self.margin, self.power)
        above_zero = (errors > 0).sum(dim=1)
        per_sample = errors.sum(dim=1) / above_zero.clamp(min=1)
        return ratio(per_sample.sum(), (above_zero > 0).sum())


def build(
    num_classes: int,
    counts: Sequence[int] | None = None,  # noqa: ARG001  (same call for every loss)
    ignore_index: int = -100,
    *,
    margin: Annotated[float, Ge(0)] = 0.2,
    power: Annotated[float, Gt(0)] = 1.0,
) -> MultiMarginMeanAboveZero:
    """Return the criterion; it needs no counts.

    Args:
        num_classes: C, at least 2.
        counts: not used.
        ignore_index: label of samples that take no part.
        margin: at least 0; the default is HEM's margin on the full CIFAR sets, the data of this ablation
            (the paper does not name the margin that it used; docs/decisions.md).
        power: exponent of each error, above 0.

    Raises:
        InputError: an option out of range.
    """
    return MultiMarginMeanAboveZero(num_classes, ignore_index, margin, power)
