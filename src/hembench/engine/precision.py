"""Arithmetic of the forward pass, and the loss scale that float16 needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hembench.core.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def dtype_of(precision: str) -> torch.dtype:
    """Return the dtype of autocast.

    Raises:
        ConfigError: unknown name.
    """
    if precision not in DTYPES:
        raise ConfigError(
            f"precision {precision!r} is unknown.{nearest(precision, DTYPES)} Known: {', '.join(DTYPES)}."
        )
    return DTYPES[precision]


class LossScale:
    """Dynamic loss scale for float16 (rule and constants of ``torch.amp.GradScaler``), as two plain numbers.

    The scale starts at 2**16; a step with a gradient that is not finite is left out and halves it; 2,000 good
    steps in a row double it. Otherwise it is 1 and does nothing.
    """

    def __init__(self, precision: str) -> None:
        """Take the recipe's ``precision``."""
        self.active = dtype_of(precision) == torch.float16
        self.scale = 2.0**16 if self.active else 1.0
        self.streak = 0

    @torch.no_grad()
    def unscale(self, parameters: Sequence[nn.Parameter]) -> bool:
        """Divide the gradients by the scale; drop them and return False if one of them is not finite."""
        if not self.active:
            return True
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        finite = bool(torch.isfinite(torch.nn.utils.get_total_norm(gradients, norm_type=float("inf"))))
        if finite:
            for gradient in gradients:
                gradient.div_(self.scale)
            self.streak += 1
            if self.streak == 2000:
                self.scale, self.streak = self.scale * 2, 0
            return True
        for parameter in parameters:
            parameter.grad = None
        self.scale, self.streak = self.scale / 2, 0
        return False
