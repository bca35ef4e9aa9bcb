"""Quadratic penalties: weights are pulled to where they were, each as strongly as it is important."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor


@torch.no_grad()
def away_from(anchor: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return value - anchor of each of the named ``values``."""
    away = torch._foreach_sub(list(values.values()), [anchor[name] for name in values])
    return dict(zip(values, away, strict=True))


@torch.no_grad()
def pull(
    values: Mapping[str, Tensor], importance: Mapping[str, Tensor], away: Mapping[str, Tensor], strength: float
) -> None:
    """Add the gradient of strength * sum_i importance_i away_i^2 to the gradients of ``values``.

    Nobody asks for the value of that sum, and without it and without autograd a third of the passes over the
    memory are left: for a small network they cost as much as its forward pass.
    """
    for value in values.values():
        if value.grad is None:
            value.grad = torch.zeros_like(value)
    gradients = [value.grad for value in values.values() if value.grad is not None]
    importances, aways = [importance[name] for name in values], [away[name] for name in values]
    torch._foreach_addcmul_(gradients, importances, aways, value=2 * strength)
