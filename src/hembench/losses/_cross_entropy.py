"""Cross-entropy over the global batch, which ce, ln and la apply to their own logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from hembench.losses._reduce import ratio

if TYPE_CHECKING:
    from torch import Tensor

_IGNORED = -100


def mean_cross_entropy(logits: Tensor, targets: Tensor, valid: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Return the mean of -log softmax(logits)[target] over valid samples; label smoothing as torch defines it."""
    labels = torch.where(valid, targets, _IGNORED)
    total = F.cross_entropy(
        logits, labels, ignore_index=_IGNORED, reduction="sum", label_smoothing=label_smoothing
    )
    return ratio(total, valid.sum())
