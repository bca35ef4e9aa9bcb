"""Copies of named tensors: what is kept of a training, and how it is taken up again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies on the CPU, contiguous, without graph."""
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def placed(tensors: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies with the devices and memory layouts of the named tensors of ``like``."""
    return {name: torch.empty_like(like[name], requires_grad=False).copy_(one) for name, one in tensors.items()}
