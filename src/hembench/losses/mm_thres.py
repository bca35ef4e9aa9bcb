"""Ablation of the paper's Table 3, "+thres": MM with HEM's threshold, but the plain mean."""

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


class MultiMarginThreshold(Loss):
    """Errors below their sample's mean (over all C, target included) are set to zero; then MM's mean."""

    def __init__(self, num_classes: int, ignore_index: int, margin: float, power: float) -> None:
        super().__init__(num_classes, ignore_index)
        self.margin = checked_number(margin, "mm_thres: margin", 0.0)
        self.power = checked_number(power, "mm_thres: power", 0.0, inclusive=False)

    def compute(self, logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of a checked batch (see ``Loss``)."""
        errors = margin_errors(logits, targets, valid, self.margin, self.power)
        kept = errors * (errors >= errors.mean(dim=1, keepdim=True))  # the comparison carries no gradient
        return ratio(kept.sum(), valid.sum() * self.num_classes)


def build(
    num_classes: int,
    counts: Sequence[int] | None = None,  # noqa: ARG001  (same call for every loss)
    ignore_index: int = -100,
    *,
    margin: Annotated[float, Ge(0)] = 0.2,
    power: Annotated[float, Gt(0)] = 1.0,
) -> MultiMarginThreshold:
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
    return MultiMarginThreshold(num_classes, ignore_index, margin, power)
