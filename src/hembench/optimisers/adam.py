"""Adam (Kingma and Ba 2015; torch.optim.Adam): the paper's optimiser for MNIST (A.1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge

from hembench.optimisers._adam import Adam

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn


def build(parameters: Sequence[nn.Parameter], *, weight_decay: Annotated[float, Ge(0)] = 0.0) -> Adam:
    """Return the optimiser.

    Args:
        parameters: those to train.
        weight_decay: factor of the parameter that is added to its gradient.
    """
    return Adam(parameters, weight_decay, decoupled=False)
