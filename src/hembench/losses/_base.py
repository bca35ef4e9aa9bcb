"""The frame that every loss stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from hembench.core.errors import InputError
from hembench.losses._arguments import checked_batch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class Loss(nn.Module):
    """A criterion called with (logits, labels) that returns a scalar, the loss of the global batch.

    Shapes: logits (N, C) with labels (N,), or dense logits (N, C, H, W) with labels (N, H, W), where every pixel
    is one sample. Samples with the label ``ignore_index`` take no part; where all are ignored, the loss is a 0
    that keeps the graph. Computed in float32 (float64 if the logits are), also inside autocast. Logits have to be
    finite: NaN gives NaN. Where a loss holds a number per class, move it to the logits' device like a network, or
    it is copied there in every call. Under data-parallel training every rank has to call it in every step, also in
    evaluation; see ``_reduce.py``.

    Raises:
        InputError: fewer than two classes; when called: see ``checked_batch``.
    """

    compute: Callable[..., Tensor]
    """Method of each loss: (logits, targets, valid), as ``checked_batch`` gives the last two -> scalar."""

    def __init__(self, num_classes: int, ignore_index: int) -> None:
        super().__init__()
        if num_classes < 2:
            raise InputError(f"num_classes: expected at least 2, got {num_classes}.")
        self.num_classes = num_classes
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss, a scalar, float32 or float64."""
        targets, valid = checked_batch(logits, labels, self.num_classes, self.ignore_index)
        with torch.autocast(device_type=logits.device.type, enabled=False):
            return self.compute(logits, targets, valid)
