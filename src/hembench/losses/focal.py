"""Focal loss: cross-entropy weighted down where the prediction is already good.

Source: Lin et al. 2017, "Focal loss for dense object detection". Not in the paper; asked for by its reviewers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hembench.losses._arguments import checked_number, widened
from hembench.losses._base import Loss
from hembench.losses._reduce import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Annotated

    from annotated_types import Ge
    from torch import Tensor


class Focal(Loss):
    """Mean of -(1 - p)^gamma log p, p = softmax(logits)[label]; gamma 0 is cross-entropy."""

    def __init__(self, num_classes: int, ignore_index: int, gamma: float) -> None:
        super().__init__(num_classes, ignore_index)
        self.gamma = checked_number(gamma, "focal: gamma", 0.0)

    def compute(self, logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of a checked batch (see ``Loss``)."""
        log_p = torch.log_softmax(widened(logits), dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
        # expm1 keeps 1 - p exact where p is nearly 1; the clamp keeps the gradient finite at p = 1 for gamma < 1.
        missing = (-torch.expm1(log_p)).clamp(min=torch.finfo(log_p.dtype).tiny)
        return ratio((-(missing**self.gamma) * log_p * valid).sum(), valid.sum())


def build(
    num_classes: int,
    counts: Sequence[int] | None = None,  # noqa: ARG001  (same call for every loss)
    ignore_index: int = -100,
    *,
    gamma: Annotated[float, Ge(0)] = 2.0,
) -> Focal:
    """Return the criterion; it needs no counts.

    Args:
        num_classes: C, at least 2.
        counts: not used.
        ignore_index: label of samples that take no part.
        gamma: exponent, at least 0; its article recommends 2.

    Raises:
        InputError: an option out of range.
    """
    return Focal(num_classes, ignore_index, gamma)
