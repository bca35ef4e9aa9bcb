"""Quadratic penalties: weights are pulled to where they were, each as strongly as it is important."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Quadratic(torch.autograd.Function):
    """sum of importance * (value - anchor)^2 over all tensors at once, in few passes over the memory."""

    @staticmethod
    def forward(ctx: Any, importance: list[Tensor], anchor: list[Tensor], *values: Tensor) -> Tensor:
        away = torch._foreach_sub(values, anchor)
        pull = torch._foreach_mul(importance, away)
        ctx.save_for_backward(*pull)
        torch._foreach_mul_(away, pull)
        return torch.stack([one.sum() for one in away]).sum()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        return None, None, *torch._foreach_mul(ctx.saved_tensors, 2 * gradient)


def quadratic(
    values: Mapping[str, Tensor], importance: Mapping[str, Tensor], anchor: Mapping[str, Tensor]
) -> Tensor:
    """Return the scalar sum of importance_i (value_i - anchor_i)^2 over all elements of the named tensors."""
    apply: Any = _Quadratic.apply
    summed: Tensor = apply(
        [importance[name] for name in values], [anchor[name] for name in values], *values.values()
    )
    return summed


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies on the CPU, contiguous, without graph."""
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def placed(tensors: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies with the devices and memory layouts of the named tensors of ``like``."""
    return {name: torch.empty_like(like[name], requires_grad=False).copy_(one) for name, one in tensors.items()}
