"""Sums of softmax outputs over the pixels of dense logits, for dice; the outputs are kept, nothing else so large.

With s = softmax(y), t = one-hot labels, and sums over the valid pixels: overlap_c = sum s_c t_c and
mass_c = sum s_c ** k. Where a_c and b_c are the loss's gradients by these, its gradient by a pixel's logits is
s (h - sum h s), with h_c = a_c t_c + b_c k s_c ** (k - 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from hembench.losses._arguments import widened
from hembench.losses._pieces import pieces

if TYPE_CHECKING:
    from torch import Tensor


def dense_overlaps(logits: Tensor, targets: Tensor, valid: Tensor, squared: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return (overlap, mass, number of pixels) of each class over the local batch: (C,) each.

    Args:
        logits: (N, C, H, W), any floating type.
        targets, valid: as ``checked_batch`` returns them; pixels that are not valid take no part.
        squared: whether the outputs count squared in the mass (k = 2, else 1).
    """
    sums: tuple[Tensor, Tensor, Tensor] = _Overlaps.apply(  # type: ignore[no-untyped-call]
        logits.flatten(2), targets.flatten(1).unsqueeze(1), valid.flatten(1).unsqueeze(1), squared
    )
    return sums


class _Overlaps(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, samples: Tensor, targets: Tensor, valid: Tensor, squared: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        kind = widened(samples[:0]).dtype
        shares = torch.empty_like(samples, dtype=kind)
        sums = torch.zeros(3, samples.shape[1], dtype=torch.float64, device=samples.device)
        for piece in pieces(samples):
            index, counted = targets[piece], valid[piece]
            part = torch.softmax(widened(samples[piece]), dim=1).masked_fill_(~counted, 0.0)
            shares[piece] = part
            sums[0] += _by_class(index, part.gather(1, index), sums.shape[1])
            sums[1] += (part.square() if squared else part).sum(dim=(0, 2))
            sums[2] += _by_class(index, counted.to(kind), sums.shape[1])
        ctx.save_for_backward(shares, targets)
        ctx.squared, ctx.dtype = squared, samples.dtype
        overlap, mass, number = sums.to(kind)
        ctx.mark_non_differentiable(number)
        return overlap, mass, number

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, of_overlap: Tensor, of_mass: Tensor, _: Tensor) -> tuple[Tensor, None, None, None]:
        shares, targets = ctx.saved_tensors
        gradient = torch.empty_like(shares, dtype=ctx.dtype)
        slope = of_mass.view(1, -1, 1)
        for piece in pieces(shares):
            part, index = shares[piece], targets[piece]
            steep = part * slope
            if ctx.squared:
                steep.mul_(part).mul_(2.0)
            own = part.gather(1, index).mul_(of_overlap[index])
            along = steep.sum(dim=1, keepdim=True).add_(own)
            gradient[piece] = steep.sub_(part * along).scatter_add_(1, index, own)
        return gradient, None, None, None


def _by_class(index: Tensor, values: Tensor, num_classes: int) -> Tensor:
    """Return the sum of ``values`` for each class number in ``index``: (C,)."""
    return values.new_zeros(num_classes).scatter_add_(0, index.flatten(), values.flatten())
