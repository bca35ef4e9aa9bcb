"""What optimisers have in common: torch's own arithmetic (its functional form), with the state in our hands.

The classes of ``torch.optim`` give the same bits (tested), but creating the first one imports torch's compiler,
a second of CPU time in each process; and their state is meant to be pickled, ours is a flat dict of tensors.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import torch

from hembench.core.tensors import copied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

Slots = dict[str, dict[int, "Tensor"]]
"""Slot name -> number of the parameter -> what is kept of it."""


class Optimiser(ABC):
    """Changes parameters by their gradients; a parameter without gradient is left alone."""

    SLOTS: tuple[str, ...]
    """Names of the tensors kept per parameter."""

    ON_CPU: tuple[str, ...] = ()
    """Slots that stay on the CPU, where torch keeps them too; the others are where their parameter is."""

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        """Take the parameters, numbered by their place in ``parameters``."""
        self.parameters = list(parameters)
        self.slots: Slots = {slot: {} for slot in self.SLOTS}

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update the parameters from their ``grad`` and drop the gradients."""
        used = [number for number, parameter in enumerate(self.parameters) if parameter.grad is not None]
        values: list[Tensor] = [self.parameters[number] for number in used]
        gradients: list[Tensor] = [g for g in (self.parameters[number].grad for number in used) if g is not None]
        foreach = bool(values) and values[0].device.type == "cuda"
        self._update(used, values, gradients, learning_rate, foreach)
        for number in used:
            self.parameters[number].grad = None

    @abstractmethod
    def _update(
        self, used: list[int], values: list[Tensor], gradients: list[Tensor], rate: float, foreach: bool
    ) -> None:
        """Change ``values``, the parameters with the numbers ``used``, in place."""

    def state(self) -> dict[str, dict[str, Tensor]]:
        """Return copies of the kept tensors, on the CPU: slot name -> parameter number -> tensor."""
        return {
            slot: copied({str(number): tensor for number, tensor in kept.items()})
            for slot, kept in self.slots.items()
        }

    def restore(self, state: dict[str, dict[str, Tensor]]) -> None:
        """Take over what :meth:`state` returned, with the device and memory layout of the parameters."""
        for slot, kept in self.slots.items():
            kept.clear()
            for number, tensor in state[slot].items():
                like = tensor if slot in self.ON_CPU else self.parameters[int(number)]
                kept[int(number)] = torch.empty_like(like, requires_grad=False).copy_(tensor)
