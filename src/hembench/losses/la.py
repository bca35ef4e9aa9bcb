"""Logit adjustment (LA): cross-entropy of logits shifted by the log share of each class, for long-tailed data.

Source: Menon et al. 2021, "Long-tail learning via logit adjustment"; the paper uses tau = 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hembench.losses._arguments import checked_counts, checked_number, widened
from hembench.losses._base import Loss
from hembench.losses._cross_entropy import mean_cross_entropy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Annotated

    from annotated_types import Ge
    from torch import Tensor


COUNTS = True
"""It is made of the number of samples of each class; of labels for each pixel these are counted by themselves."""


class LogitAdjustment(Loss):
    """Cross-entropy of y_j + tau * log p_j, p_j = s_j / sum(s); equal counts make it cross-entropy."""

    offsets: Tensor

    def __init__(self, num_classes: int, counts: Sequence[int] | None, ignore_index: int, tau: float) -> None:
        super().__init__(num_classes, ignore_index)
        tau = checked_number(tau, "la: tau", 0.0)
        shares = torch.tensor(checked_counts(counts, num_classes, "la"), dtype=torch.float64)
        self.register_buffer("offsets", tau * (shares / shares.sum()).log(), persistent=False)

    def compute(self, logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of a checked batch (see ``Loss``)."""
        logits = widened(logits)
        offsets = self.offsets.to(logits.device, logits.dtype).view(1, -1, *[1] * (logits.ndim - 2))
        return mean_cross_entropy(logits + offsets, targets, valid)


def build(
    num_classes: int,
    counts: Sequence[int] | None = None,
    ignore_index: int = -100,
    *,
    tau: Annotated[float, Ge(0)] = 1.0,
) -> LogitAdjustment:
    """Return the criterion.

    Args:
        num_classes: C, at least 2.
        counts: training samples per class, (C,), positive; needed.
        ignore_index: label of samples that take no part.
        tau: weight of log p, at least 0; the paper has no such factor, that is 1.

    Raises:
        InputError: counts missing or wrong, or an option out of range.
    """
    return LogitAdjustment(num_classes, counts, ignore_index, tau)
