"""Stochastic gradient descent (torch.optim.SGD), with momentum as the paper's recipes have it (A.1.4, A.2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge, Lt
from torch.optim.sgd import sgd

from hembench.optimisers._optimiser import Optimiser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn


def build(
    parameters: Sequence[nn.Parameter],
    *,
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.0,
    weight_decay: Annotated[float, Ge(0)] = 0.0,
    nesterov: bool = False,
) -> Optimiser:
    """Return the optimiser; what a recipe does not mention is off, as in torch.

    Args:
        parameters: those to train.
        momentum: share of the last step that is kept (A.1.4: 0.9).
        weight_decay: factor of the parameter that is added to its gradient (A.1.4: 5e-4, ImageNet 1e-4).
        nesterov: look ahead by the momentum, which it needs. The paper has none.
    """
    return _SGD(parameters, momentum, weight_decay, nesterov)


class _SGD(Optimiser):
    SLOTS = ("momentum",)

    def __init__(
        self, parameters: Sequence[nn.Parameter], momentum: float, weight_decay: float, nesterov: bool
    ) -> None:
        super().__init__(parameters)
        self.momentum, self.weight_decay, self.nesterov = momentum, weight_decay, nesterov

    def _update(
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
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            nesterov=self.nesterov,
            dampening=0.0,
            maximize=False,
        )
        kept.update((number, buffer) for number, buffer in zip(used, buffers, strict=True) if buffer is not None)
