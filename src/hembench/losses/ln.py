"""LogitNorm (LN): cross-entropy of logits that are divided by their norm.

Source: Wei et al. 2022, "Mitigating neural network overconfidence with logit normalization", and its public code,
which adds 1e-7 to the norm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hembench.losses._arguments import checked_number, widened
from hembench.losses._base import Loss
from hembench.losses._cross_entropy import mean_cross_entropy
from hembench.losses._dense import dense_sum
from hembench.losses._reduce import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Annotated

    from annotated_types import Gt
    from torch import Tensor

_EPS = 1e-7


class LogitNorm(Loss):
    """Cross-entropy of y / ((||y|| + 1e-7) * temperature), the Euclidean norm over the classes of each sample."""

    def __init__(self, num_classes: int, ignore_index: int, temperature: float) -> None:
        super().__init__(num_classes, ignore_index)
        self.temperature = checked_number(temperature, "ln: temperature", 0.0, inclusive=False)

    def compute(self, logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of a checked batch (see ``Loss``)."""
        if logits.ndim > 2:
            return ratio(dense_sum(logits, targets, valid, self._differentiated), valid.sum())
        logits = widened(logits)
        # Squares of large logits overflow: take the norm of logits / scale. The scale cancels, hence detached.
        scale = logits.detach().abs().amax(dim=1, keepdim=True).clamp(min=1.0)
        squares = (logits / scale).square().sum(dim=1, keepdim=True)
        norm = scale * squares.clamp(min=torch.finfo(logits.dtype).tiny).sqrt()  # the root of 0 has no gradient
        return mean_cross_entropy(logits / ((norm + _EPS) * self.temperature), targets, valid)

    def _differentiated(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the losses of pixels and their gradient; see ``_dense.py``.

        With u = y / length, length = (||y|| + 1e-7) * temperature, and g the gradient by u, that by y is
        (g - (g u) u * temperature * length / ||y||) / length.
        """
        scale = logits.abs().amax(dim=1, keepdim=True).clamp_(min=1.0)
        squares = (logits / scale).square_().sum(dim=1, keepdim=True)
        norm = squares.clamp_(min=torch.finfo(logits.dtype).tiny).sqrt_().mul_(scale)
        length = (norm + _EPS).mul_(self.temperature)
        unit = logits / length
        log_p = torch.log_softmax(unit, dim=1)
        losses = log_p.gather(1, targets).neg_()
        gradient = log_p.exp_()
        gradient.scatter_add_(1, targets, torch.full_like(losses, -1.0))
        along = (gradient * unit).sum(dim=1, keepdim=True).mul_(self.temperature * length / norm)
        return losses, gradient.sub_(unit.mul_(along)).div_(length)


def build(
    num_classes: int,
    counts: Sequence[int] | None = None,  # noqa: ARG001  (same call for every loss)
    ignore_index: int = -100,
    *,
    temperature: Annotated[float, Gt(0)] = 0.04,
) -> LogitNorm:
    """Return the criterion; it needs no counts.

    Args:
        num_classes: C, at least 2.
        counts: not used.
        ignore_index: label of samples that take no part.
        temperature: divides the unit-length logits, above 0; Table 1 of the paper needs 0.04.

    Raises:
        InputError: an option out of range.
    """
    return LogitNorm(num_classes, ignore_index, temperature)
