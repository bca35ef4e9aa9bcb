"""Networks from their plug-in, and what they say of images: the part of the engine that needs no training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from hembench.engine.determinism import deterministic, preserved_random_state, seed_global
from hembench.engine.samples import in_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from hembench.engine.samples import Stream


def build_seeded(options: dict[str, Any], build_network: Callable[..., nn.Module], seed: int = 0) -> nn.Module:
    """Return a new network on the CPU, its initial weights drawn from ``seed`` whatever the global state was."""
    cpu = torch.device("cpu")
    with deterministic(cpu), preserved_random_state(cpu):
        seed_global(seed, cpu)
        shape = tuple(options["image_shape"])
        return build_network(options["num_classes"], shape, **options["network"]["options"])


def restore(
    state: dict[str, Tensor], options: dict[str, Any], build_network: Callable[..., nn.Module], device: str
) -> nn.Module:
    """Return a trained network in evaluation mode on ``device``.

    Args:
        state: weights by name.
        options: num_classes, image_shape and network.
        build_network: the network plug-in's ``build``.
        device: "cpu" or "cuda".
    """
    network = build_seeded(options, build_network)
    network.load_state_dict(state)
    return network.to(torch.device(device)).eval()


def logits(network: nn.Module, images: Tensor | Stream, batch_size: int) -> Tensor:
    """Return float32 logits (N, num_classes) on the CPU of uint8 images, or of float images in [0, 1]."""
    parts = []
    with deterministic(images.device), torch.no_grad():
        for batch in in_order(images, batch_size):
            scaled = batch.float().div_(255) if batch.dtype == torch.uint8 else batch
            parts.append(network(scaled).float().cpu())
    return torch.cat(parts)
