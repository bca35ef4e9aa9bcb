"""AdamW (Loshchilov and Hutter 2019; torch.optim.AdamW): the paper's for SwinT and ViT (A.1.4)."""

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
        weight_decay: share of the parameter, times the learning rate, that each step takes away.
    """
    return Adam(parameters, weight_decay, decoupled=True)
