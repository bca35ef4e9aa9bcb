"""HEM+, the paper's loss for imbalanced data (section 4.2): HEM with a larger margin for rarer classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch

from hembench.core.errors import InputError
from hembench.losses._arguments import checked_counts, checked_number
from hembench.losses._base import Loss
from hembench.losses._reduce import ratio
from hembench.losses._selective import selective_sums

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Annotated

    from annotated_types import Gt
    from torch import Tensor


COUNTS = True
"""It is made of the number of samples of each class; of labels for each pixel these are counted by themselves."""


class HighErrorMarginPlus(Loss):
    """HEM (see there) with one margin per class, that of the sample's class or that of the competing logit's."""

    margins: Tensor

    def __init__(
        self, num_classes: int, ignore_index: int, margins: Sequence[float], margin_index: str, power: float
    ) -> None:
        super().__init__(num_classes, ignore_index)
        if margin_index not in ("target", "competitor"):
            raise InputError(f"hem_plus: margin_index: expected 'target' or 'competitor', got {margin_index!r}.")
        self.by_target = margin_index == "target"
        self.power = checked_number(power, "hem_plus: power", 0.0, inclusive=False)
        self.register_buffer("margins", torch.tensor(margins, dtype=torch.float64), persistent=False)

    def compute(self, logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of a checked batch (see ``Loss``)."""
        return ratio(*selective_sums(logits, targets, valid, self.margins, self.by_target, self.power))


def margins_of(counts: Sequence[int] | None, num_classes: int, constant: float, rule: str) -> list[float]:
    """Return sqrt(constant / (num_classes * s_i)) per class; with the rule per_class sqrt(constant / s_i).

    Equal counts give HEM's margin of the same rule, since then num_classes * s_i = N.

    Raises:
        InputError: counts missing or wrong, constant not positive, or an unknown rule.
    """
    constant = checked_number(constant, "hem_plus: margin_constant", 0.0, inclusive=False)
    values = checked_counts(counts, num_classes, "hem_plus")
    if rule not in ("total", "per_class"):
        raise InputError(f"hem_plus: margin_rule: expected 'total' or 'per_class', got {rule!r}.")
    factor = num_classes if rule == "total" else 1
    return [(constant / (factor * value)) ** 0.5 for value in values]


def build(
    num_classes: int,
    counts: Sequence[int] | None = None,
    ignore_index: int = -100,
    *,
    margin_constant: Annotated[float, Gt(0)] = 2000.0,
    margin_rule: Literal["total", "per_class"] = "total",
    margin_index: Literal["target", "competitor"] = "target",
    power: Annotated[float, Gt(0)] = 1.0,
) -> HighErrorMarginPlus:
    """Return the criterion.

    Args:
        num_classes: C, at least 2.
        counts: training samples s_i per class, (C,), positive; needed.
        ignore_index: label of samples that take no part.
        margin_constant: M of margin_i = sqrt(M / (C s_i)); paper 4.2: 2000.
        margin_rule: total: as above; per_class: sqrt(M / s_i).
        margin_index: whose margin is added: that of the sample's own class (target), or of each competing logit
            (competitor). The paper can be read either way (docs/decisions.md).
        power: exponent of each error, above 0.

    Raises:
        InputError: counts missing or wrong, or an option out of range.
    """
    margins = margins_of(counts, num_classes, margin_constant, margin_rule)
    return HighErrorMarginPlus(num_classes, ignore_index, margins, margin_index, power)
