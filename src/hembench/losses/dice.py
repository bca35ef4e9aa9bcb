"""DICE: one minus the overlap of softmax outputs and one-hot targets, per class over the batch (paper 3.5).

Sources: Milletari et al. 2016, "V-Net" (form squared, the paper's citation); the linear form and the class that is
absent from the batch follow DiceLoss of segmentation_models_pytorch. The paper's Eq. 5 leaves both open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch

from hembench.core.errors import InputError
from hembench.losses._arguments import checked_number, widened
from hembench.losses._base import Loss
from hembench.losses._overlaps import dense_overlaps
from hembench.losses._reduce import sum_over_ranks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Annotated

    from annotated_types import Ge
    from torch import Tensor

_EPS = 1e-7


class Dice(Loss):
    """Mean over classes of 1 - D_c with D_c = (2 sum z t + smooth) / (sum z^k + sum t^k + smooth).

    z = softmax(logits), t = one-hot labels, sums over the valid samples of the global batch; k = 1 for the linear
    form, 2 for the squared one.
    """

    def __init__(self, num_classes: int, ignore_index: int, form: str, smooth: float, absent: str) -> None:
        super().__init__(num_classes, ignore_index)
        if form not in ("linear", "squared"):
            raise InputError(f"dice: form: expected 'linear' or 'squared', got {form!r}.")
        if absent not in ("zero", "drop", "keep"):
            raise InputError(f"dice: absent: expected 'zero', 'drop' or 'keep', got {absent!r}.")
        self.form = form
        self.smooth = checked_number(smooth, "dice: smooth", 0.0)
        self.absent = absent

    def compute(self, logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
        """Return the loss of a checked batch (see ``Loss``)."""
        if logits.ndim > 2:
            sums = dense_overlaps(logits, targets, valid, self.form == "squared")
        else:
            sums = self._overlaps(logits, targets, valid)
        overlap, mass, samples = sum_over_ranks(torch.stack(sums))
        overlaps: Tensor = (2.0 * overlap + self.smooth) / (mass + samples + self.smooth).clamp(min=_EPS)
        present: Tensor = (samples > 0).to(overlaps.dtype)
        if self.absent == "keep":
            return (1.0 - overlaps).mean() * present.amax()  # all ignored: 0
        divisor = present.sum().clamp(min=1.0) if self.absent == "drop" else self.num_classes
        return ((1.0 - overlaps) * present).sum() / divisor

    def _overlaps(self, logits: Tensor, targets: Tensor, valid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (overlap, mass, number of samples) of each class over a flat batch: (C,) each."""
        shares = torch.softmax(widened(logits), dim=1) * valid.unsqueeze(1)
        classes = torch.arange(self.num_classes, device=logits.device).view(1, -1)
        is_target = (classes == targets.unsqueeze(1)) & valid.unsqueeze(1)
        overlap = (shares * is_target).sum([0])
        mass = (shares if self.form == "linear" else shares**2).sum([0])
        return overlap, mass, is_target.sum([0]).to(mass.dtype)


def build(
    num_classes: int,
    counts: Sequence[int] | None = None,  # noqa: ARG001  (same call for every loss)
    ignore_index: int = -100,
    *,
    form: Literal["linear", "squared"] = "linear",
    smooth: Annotated[float, Ge(0)] = 0.0,
    absent: Literal["zero", "drop", "keep"] = "zero",
) -> Dice:
    """Return the criterion; it needs no counts.

    Args:
        num_classes: C, at least 2.
        counts: not used.
        ignore_index: label of samples that take no part.
        form: denominator of sums (linear) or of sums of squares (squared).
        smooth: added to numerator and denominator, at least 0.
        absent: a class without samples in the batch has loss 0 and counts (zero), is left out of the mean over
            classes (drop), or is treated like the others (keep).

    Raises:
        InputError: an option out of range.
    """
    return Dice(num_classes, ignore_index, form, smooth, absent)
