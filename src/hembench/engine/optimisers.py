"""SGD, Adam and AdamW: torch's own arithmetic (its functional form), with the state in our hands.

The classes of ``torch.optim`` give the same bits (tested), but creating the first one imports torch's compiler,
a second of CPU time in each process; and their state is meant to be pickled, ours is a flat dict of tensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from hembench.core.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

BETAS = (0.9, 0.999)
EPSILON = 1e-8
"""Adam's constants: torch's defaults, which the paper does not change."""

SLOTS = {"sgd": ("momentum",), "adam": ("mean", "square", "steps"), "adamw": ("mean", "square", "steps")}
"""Tensors kept per parameter."""


class Optimiser:
    """One of the three, as the recipe's ``optimiser`` section says; a parameter without gradient is left alone."""

    def __init__(self, options: dict[str, Any], parameters: Sequence[nn.Parameter]) -> None:
        """Take ``options`` (name, momentum, weight_decay, nesterov; Adam ignores momentum and nesterov).

        Raises:
            ConfigError: an unknown name.
        """
        self.name: str = options["name"]
        if self.name not in SLOTS:
            raise ConfigError(
                f"optimiser {self.name!r} is unknown.{nearest(self.name, SLOTS)} Known: {', '.join(SLOTS)}."
            )
        self.options = options
        self.parameters = list(parameters)
        self.slots: dict[str, dict[int, Tensor]] = {slot: {} for slot in SLOTS[self.name]}

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update the parameters from their ``grad`` and drop the gradients."""
        used = [number for number, parameter in enumerate(self.parameters) if parameter.grad is not None]
        values: list[Tensor] = [self.parameters[number] for number in used]
        gradients: list[Tensor] = [g for g in (self.parameters[number].grad for number in used) if g is not None]
        foreach = bool(values) and values[0].device.type == "cuda"
        if self.name == "sgd":
            self._sgd(used, values, gradients, learning_rate, foreach)
        else:
            self._adam(used, values, gradients, learning_rate, foreach)
        for number in used:
            self.parameters[number].grad = None

    def _sgd(
        self, used: list[int], values: list[Tensor], gradients: list[Tensor], rate: float, foreach: bool
    ) -> None:
        kept = self.slots["momentum"]
        buffers = [kept.get(number) for number in used]  # None until the first step, as torch has it
        sgd(
            values,
            gradients,
            buffers,
            foreach=foreach,
            lr=rate,
            momentum=self.options["momentum"],
            weight_decay=self.options["weight_decay"],
            nesterov=self.options["nesterov"],
            dampening=0.0,
            maximize=False,
        )
        kept.update((number, buffer) for number, buffer in zip(used, buffers, strict=True) if buffer is not None)

    def _adam(
        self, used: list[int], values: list[Tensor], gradients: list[Tensor], rate: float, foreach: bool
    ) -> None:
        for number in used:
            if number not in self.slots["steps"]:
                self.slots["steps"][number] = torch.tensor(0.0)  # on the CPU, where torch keeps it too
                self.slots["mean"][number] = torch.zeros_like(self.parameters[number])
                self.slots["square"][number] = torch.zeros_like(self.parameters[number])
        adam(
            values,
            gradients,
            [self.slots["mean"][number] for number in used],
            [self.slots["square"][number] for number in used],
            [],
            [self.slots["steps"][number] for number in used],
            foreach=foreach,
            decoupled_weight_decay=self.name == "adamw",
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=rate,
            weight_decay=self.options["weight_decay"],
            eps=EPSILON,
            maximize=False,
        )

    def state(self) -> dict[str, dict[str, Tensor]]:
        """Return copies of the kept tensors, on the CPU: slot name -> parameter number -> tensor."""
        return {
            slot: {
                str(number): tensor.detach().to("cpu", copy=True).contiguous() for number, tensor in kept.items()
            }
            for slot, kept in self.slots.items()
        }

    def restore(self, state: dict[str, dict[str, Tensor]]) -> None:
        """Take over what :meth:`state` returned, with the device and memory layout of the parameters."""
        for slot, kept in self.slots.items():
            kept.clear()
            for number, tensor in state[slot].items():
                like = tensor if slot == "steps" else self.parameters[int(number)]
                kept[int(number)] = torch.empty_like(like, requires_grad=False).copy_(tensor)
