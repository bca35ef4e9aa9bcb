"""Sums over the pixels of dense logits whose gradient is made together with the value, for ln and mm.

Autograd would pass over the logits once for every operation, forward and backward, and keep a tensor of their size
for most. Here each piece (see ``_pieces.py``) is read once, and one such tensor is kept: the gradient of the sum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from hembench.losses._arguments import widened
from hembench.losses._pieces import pieces

if TYPE_CHECKING:
    from torch import Tensor

Differentiated = Callable[["Tensor", "Tensor"], tuple["Tensor", "Tensor"]]
"""(logits (B, C, L), targets (B, 1, L)) -> losses (B, 1, L) and their gradient (B, C, L), in new tensors."""


def dense_sum(logits: Tensor, targets: Tensor, valid: Tensor, differentiated: Differentiated) -> Tensor:
    """Return the sum of the pixels' losses of the local batch, a scalar in the precision of losses.

    Args:
        logits: (N, C, H, W), any floating type.
        targets, valid: as ``checked_batch`` returns them; pixels that are not valid take no part.
        differentiated: the loss of pixels and its gradient.
    """
    total: Tensor = _Sum.apply(  # type: ignore[no-untyped-call]
        logits.flatten(2), targets.flatten(1).unsqueeze(1), valid.flatten(1).unsqueeze(1), differentiated
    )
    return total


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, samples: Tensor, targets: Tensor, valid: Tensor, differentiated: Differentiated
    ) -> Tensor:
        kind = widened(samples[:0]).dtype
        gradient = torch.empty_like(samples, dtype=kind) if ctx.needs_input_grad[0] else None
        totals = []
        for piece in pieces(samples):
            losses, part = differentiated(widened(samples[piece]), targets[piece])
            ignored = ~valid[piece]
            totals.append(losses.masked_fill_(ignored, 0.0).sum())
            if gradient is not None:
                gradient[piece] = part.masked_fill_(ignored, 0.0)
        ctx.save_for_backward(gradient)
        ctx.dtype = samples.dtype
        return torch.stack(totals).sum(dtype=torch.float64).to(kind)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient,) = ctx.saved_tensors
        return (gradient * outer).to(ctx.dtype), None, None, None
