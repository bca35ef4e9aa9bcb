"""Cross-entropy (CE): the loss that the paper sets out to replace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hembench.losses._arguments import checked_number, widened
from hembench.losses._base import Loss
from hembench.losses._cross_entropy import mean_cross_entropy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Annotated

    from annotated_types import Ge, Gt, Le
    from torch import Tensor


class CrossEntropy(Loss):
    """Mean of -log softmax(logits / temperature)[label] (paper 3.1: temperature 1)."""

    def __init__(self, num_classes: int, ignore_index: int, label_smoothing: float, temperature: float) -> None:
        super().__init__(num_classes, ignore_index)
        self.label_smoothing = checked_number(label_smoothing, "ce: label_smoothing", 0.0, high=1.0)
        self.temperature = checked_number(temperature, "ce: temperature", 0.0, inclusive=False)

    def compute(self, logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of a checked batch (see ``Loss``)."""
        logits = widened(logits)
        if self.temperature != 1.0:  # to the bit what torch gives, where nothing is to be divided
            logits = logits / self.temperature
        return mean_cross_entropy(logits, targets, valid, self.label_smoothing)


def build(
    num_classes: int,
    counts: Sequence[int] | None = None,  # noqa: ARG001  (same call for every loss)
    ignore_index: int = -100,
    *,
    label_smoothing: Annotated[float, Ge(0), Le(1)] = 0.0,
    temperature: Annotated[float, Gt(0)] = 1.0,
) -> CrossEntropy:
    """Return the criterion; it needs no counts.

    Args:
        num_classes: C, at least 2.
        counts: not used.
        ignore_index: label of samples that take no part.
        label_smoothing: weight in [0, 1] of the uniform distribution in the target; the paper uses none.
        temperature: divides the logits, above 0; the paper says that 0.04 does not train (LN's temperature).

    Raises:
        InputError: an option out of range.
    """
    return CrossEntropy(num_classes, ignore_index, label_smoothing, temperature)
