"""Adam's arithmetic, for ``adam`` and ``adamw``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.optim.adam import adam

from hembench.optimisers._optimiser import Optimiser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

BETAS = (0.9, 0.999)
EPSILON = 1e-8
"""torch's defaults, which the paper does not change."""


class Adam(Optimiser):
    """Adam; ``decoupled``: weight decay on the weights (AdamW), not on the gradients."""

    SLOTS = ("mean", "square", "steps")
    ON_CPU = ("steps",)

    def __init__(self, parameters: Sequence[nn.Parameter], weight_decay: float, decoupled: bool) -> None:
        super().__init__(parameters)
        self.weight_decay, self.decoupled = weight_decay, decoupled

    def _update(
        self, used: list[int], values: list[Tensor], gradients: list[Tensor], rate: float, foreach: bool
    ) -> None:
        for number in used:
            if number not in self.slots["steps"]:
                self.slots["steps"][number] = torch.tensor(0.0)
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
            decoupled_weight_decay=self.decoupled,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=rate,
            weight_decay=self.weight_decay,
            eps=EPSILON,
            maximize=False,
        )
