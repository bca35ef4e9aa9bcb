"""Networks behind a normalisation of their input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def normalised(options: dict[str, Any], build_network: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """Return ``build_network``, its networks behind a normalisation of their input where the options have one."""
    given = options["normalise"]
    if given is None:
        return build_network

    def build(*arguments: Any, **named: Any) -> nn.Module:
        return Normalised(build_network(*arguments, **named), given["mean"], given["std"])

    return build


class Normalised(nn.Module):
    """A network that is given (images - mean) / std, channel by channel."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).reshape(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).reshape(1, -1, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits of images in [0, 1]."""
        found: Tensor = self.network((images - self.mean) / self.std)
        return found
