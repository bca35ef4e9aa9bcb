"""Quadratic penalties: weights are pulled to where they were, each as strongly as it is important."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Quadratic(torch.autograd.Function):
    """sum of importance * (value - anchor)^2, in as few passes over the memory as there can be."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, importance: Tensor, anchor: Tensor) -> Tensor:
        away = value - anchor
        pull = importance * away
        ctx.save_for_backward(pull)
        return away.mul_(pull).sum()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (pull,) = ctx.saved_tensors
        return 2 * gradient * pull, None, None


def quadratic(
    values: Mapping[str, Tensor], importance: Mapping[str, Tensor], anchor: Mapping[str, Tensor]
) -> Tensor:
    """Return the scalar sum of importance_i (value_i - anchor_i)^2 over all elements of the named tensors."""
    apply: Any = _Quadratic.apply
    parts = [apply(value, importance[name], anchor[name]) for name, value in values.items()]
    return torch.stack(parts).sum()


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies on the CPU, contiguous, without graph."""
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def placed(tensors: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies with the devices and memory layouts of the named tensors of ``like``."""
    return {name: torch.empty_like(like[name], requires_grad=False).copy_(one) for name, one in tensors.items()}
