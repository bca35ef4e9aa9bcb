"""High error margin loss (HEM), the paper's proposal (section 4): the errors that are high for their sample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from hembench.core.errors import InputError
from hembench.losses._arguments import checked_counts, checked_number
from hembench.losses._base import Loss
from hembench.losses._reduce import ratio
from hembench.losses._selective import selective_sums

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Annotated

    from annotated_types import Ge, Gt
    from torch import Tensor


COUNTS = True
"""It is made of the number of samples of each class; of labels for each pixel these are counted by themselves."""


class HighErrorMargin(Loss):
    """Mean over active samples of the mean of their errors at or above the sample's mean error.

    errors e_i = max(0, y_i - y_l + margin) ** power for i != l (the steps: ``_selective.py``). A sample whose
    errors are all 0 is not active; a batch without active samples has loss 0 and zero gradients.
    """

    def __init__(self, num_classes: int, ignore_index: int, margin: float, power: float) -> None:
        super().__init__(num_classes, ignore_index)
        self.margin = checked_number(margin, "hem: margin", 0.0)
        self.power = checked_number(power, "hem: power", 0.0, inclusive=False)

    def compute(self, logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of a checked batch (see ``Loss``)."""
        return ratio(*selective_sums(logits, targets, valid, self.margin, False, self.power))

    def extra_repr(self) -> str:
        """Return the options for ``repr``."""
        return f"num_classes={self.num_classes}, margin={self.margin:.6g}, power={self.power:g}"


def margin_of(counts: Sequence[int] | None, num_classes: int, constant: float, rule: str) -> float:
    """Return sqrt(constant / N), N = sum(counts), or with the rule per_class sqrt(constant / (N / num_classes)).

    Raises:
        InputError: counts missing or wrong, constant not positive, or an unknown rule.
    """
    constant = checked_number(constant, "hem: margin_constant", 0.0, inclusive=False)
    samples = sum(checked_counts(counts, num_classes, "hem (without margin)"))
    if rule == "total":
        return math.sqrt(constant / samples)
    if rule == "per_class":
        return math.sqrt(constant / (samples / num_classes))
    raise InputError(f"hem: margin_rule: expected 'total' or 'per_class', got {rule!r}.")


def build(
    num_classes: int,
    counts: Sequence[int] | None = None,
    ignore_index: int = -100,
    *,
    margin: Annotated[float, Ge(0)] | None = None,
    margin_constant: Annotated[float, Gt(0)] = 2000.0,
    margin_rule: Literal["total", "per_class"] = "total",
    power: Annotated[float, Gt(0)] = 1.0,
) -> HighErrorMargin:
    """Return the criterion.

    Args:
        num_classes: C, at least 2.
        counts: training samples per class, (C,), positive; needed where ``margin`` is not given.
        ignore_index: label of samples that take no part.
        margin: at least 0; None: from ``margin_constant``, ``margin_rule`` and the counts.
        margin_constant: M of margin = sqrt(M / N), N = sum(counts); paper 4.2: 2000, that is 0.2 for full CIFAR10.
        margin_rule: N is the number of all training samples (total), or of those of a mean class (per_class).
        power: exponent of each error, above 0; Table 1 of the paper needs 1/2 (docs/decisions.md).

    Raises:
        InputError: counts missing or wrong, or an option out of range.
    """
    if margin is None:
        margin = margin_of(counts, num_classes, margin_constant, margin_rule)
    return HighErrorMargin(num_classes, ignore_index, margin, power)
