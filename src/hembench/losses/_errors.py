"""Margin errors with autograd, for mm and its two ablations; hem and hem_plus use the lean ``_selective.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hembench.losses._arguments import widened

if TYPE_CHECKING:
    from torch import Tensor


def margin_errors(logits: Tensor, targets: Tensor, valid: Tensor, margin: float, power: float) -> Tensor:
    """Return the errors e_i = max(0, y_i - y_l + margin) ** power, and 0 at the target and for ignored samples.

    Shape of ``logits``. Source: Eq. 6 of the paper; the exponent is that of the authors' code (Table 1 needs 1/2).
    """
    logits = widened(logits)
    index = targets.unsqueeze(1)
    errors = (logits - logits.gather(1, index) + margin).clamp(min=0)
    errors = errors.scatter(1, index, 0.0) * valid.unsqueeze(1)
    return errors if power == 1.0 else _safe_power(errors, power)


def _safe_power(errors: Tensor, power: float) -> Tensor:
    """Return errors ** power with gradient 0 at 0, where a power below 1 has an infinite one."""
    zero = errors == 0
    return torch.where(zero, 0.0, torch.where(zero, 1.0, errors) ** power)
