"""High error margin loss, the sum that hem and hem_plus share, with a lean backward of its own.

Per sample, paper Eq. 6 to 8, in this order:

1. errors e_i = max(0, y_i - y_l + margin) ** power for i != l; e_l = 0;
2. threshold = mean of the errors over all C classes, the target's zero included, not differentiated;
3. errors below the threshold are dropped; ``>=`` keeps those equal to it, so C - 1 equal errors are all kept
   (their mean over C is smaller by 1/C, far more than rounding) and a two-class head learns;
4. loss of the sample = sum of the kept errors / their number.

The result is the sum of these losses and the number of active samples (those with a kept error).

Gradient of the sample's loss, d = y_i - y_l + margin: at kept logits power * d ** (power - 1) / number, at the
target's logit minus their sum (minus 1 at power 1), elsewhere 0. Over the classes it sums to 0.

Lean: autograd would save several float tensors of the logits' size. Saved here are one bool per logit (kept or
not), the number of kept errors per sample, and the targets; a power other than 1 also saves the logits, and
recomputes the errors from them. On the CPU the passes run over pieces that stay in the cache; on a GPU the pieces
are so large that there is one, or few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from hembench.losses._arguments import widened
from hembench.losses._pieces import pieces

if TYPE_CHECKING:
    from torch import Tensor


def selective_sums(
    logits: Tensor, targets: Tensor, valid: Tensor, margin: float | Tensor, by_target: bool, power: float
) -> tuple[Tensor, Tensor]:
    """Return (sum of the per-sample losses, number of active samples) of the local batch, two scalars.

    Args:
        logits: (N, C) or (N, C, H, W), any floating type; computed in float32, or float64 if they are.
        targets, valid: as ``checked_batch`` returns them; samples that are not valid take no part.
        margin: one number, or one per class (C,), float64.
        by_target: margins per class are those of the sample's own class (else of the competing logit's class).
        power: exponent of the errors, above 0.

    Shapes inside: samples on the last axis, (B, C, L): a flat batch is one row of N samples.
    """
    if logits.ndim == 2:
        samples, targets, valid = logits.t().unsqueeze(0), targets.unsqueeze(0), valid.unsqueeze(0)
    else:
        samples, targets, valid = logits.flatten(2), targets.flatten(1), valid.flatten(1)
    if not isinstance(margin, float):
        margin = margin.to(samples.device, widened(samples[:0]).dtype)
    total, active = _Selective.apply(  # type: ignore[no-untyped-call]
        samples, targets.unsqueeze(1), valid.unsqueeze(1), margin, by_target, power
    )
    return total, active


class _Selective(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, samples: Tensor, targets: Tensor, valid: Tensor, margin: Any, by_target: bool, power: float
    ) -> tuple[Tensor, Tensor]:
        keep = torch.empty_like(samples, dtype=torch.bool)
        count = torch.empty_like(targets, dtype=_smallest_integer(samples.shape[1]))
        totals = []
        for piece in pieces(samples):
            index = targets[piece]
            errors = _errors(samples[piece], index, margin, by_target)
            if power != 1.0:
                errors.mul_(_reduced_power(errors.clone(), power))
            threshold = errors.sum(dim=1, keepdim=True).div_(samples.shape[1])
            # Where all errors are 0, the threshold has to be above them; nothing reaches a threshold of NaN.
            threshold.clamp_(min=torch.finfo(errors.dtype).tiny).masked_fill_(~valid[piece], torch.nan)
            # 0 or 1 as float: what follows is vectorised, which it is not for bool.
            kept = torch.ge(errors, threshold, out=torch.empty_like(errors))
            keep[piece] = kept
            number = kept.sum(dim=1, keepdim=True)
            count[piece] = number
            loss = errors.mul_(kept).sum(dim=1, keepdim=True).div_(number.clamp_(min=1.0))
            totals.append(loss.masked_fill_(~valid[piece], 0.0).sum())
        ctx.save_for_backward(targets, keep, count, *([samples] if power != 1.0 else []))
        ctx.margin, ctx.by_target, ctx.power, ctx.dtype = margin, by_target, power, samples.dtype
        total = torch.stack(totals).sum(dtype=torch.float64)
        active = (count > 0).sum()
        ctx.mark_non_differentiable(active)
        return total.to(widened(samples[:0]).dtype), active

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, outer: Tensor, _: Tensor) -> tuple[Tensor, None, None, None, None, None]:
        targets, keep, count, *saved = ctx.saved_tensors
        bits = keep.view(torch.uint8)  # the same bytes; bool converts to float many times slower
        gradient = torch.empty_like(keep, dtype=ctx.dtype)
        for piece in pieces(keep):
            number = count[piece]
            part = gradient[piece]
            if part.dtype != outer.dtype:  # float16 or bfloat16: rounded once, at the end
                part = torch.empty_like(part, dtype=outer.dtype)
            part.copy_(bits[piece]).mul_(outer / number.clamp(min=1))
            if saved:
                errors = _errors(saved[0][piece], targets[piece], ctx.margin, ctx.by_target)
                part.mul_(_reduced_power(errors, ctx.power)).mul_(ctx.power)
                at_target = -part.sum(dim=1, keepdim=True)
            else:
                at_target = -outer * (number > 0)
            part.scatter_(1, targets[piece], at_target)
            if part.dtype != gradient.dtype:
                gradient[piece] = part
        return gradient, None, None, None, None, None


def _errors(samples: Tensor, index: Tensor, margin: float | Tensor, by_target: bool) -> Tensor:
    """Return max(0, y_i - y_l + margin), 0 at the target, of (B, C, L) samples in a new tensor."""
    samples = widened(samples)
    # In this order: y_i - y_l is exact where it matters; in y_l - margin a small margin would be rounded away.
    errors = samples - samples.gather(1, index)
    if isinstance(margin, float):
        errors.add_(margin)
    else:
        errors.add_(margin[index] if by_target else margin.view(1, -1, 1))
    return errors.clamp_(min=0.0).scatter_(1, index, 0.0)


def _reduced_power(errors: Tensor, power: float) -> Tensor:
    """Return errors ** (power - 1), in place; finite at 0, where it is multiplied by an error or a mask of 0.

    For power 1/2 torch has a fast path for the exponent -1/2; its square root is many times slower on some CPUs.
    """
    return errors.clamp_(min=torch.finfo(errors.dtype).tiny).pow_(power - 1.0)


def _smallest_integer(classes: int) -> torch.dtype:
    """Return a type that holds the number of competitors, ``classes`` - 1."""
    return torch.uint8 if classes <= 2**8 else torch.int16 if classes <= 2**15 else torch.int32
