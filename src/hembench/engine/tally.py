"""What the steps of an epoch add up to: sums that stay on the device, since reading them would wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from hembench.engine.ranks import Ranks

COUNTS = ("correct", "no_gradient", "labels", "samples")


class Tally:
    """Sums over the steps of the epoch that is on, of this process's part of the batches."""

    def __init__(self, ranks: Ranks, device: torch.device) -> None:
        """Start at zero."""
        self._ranks, self._device = ranks, device
        kinds = {"loss": torch.float64} | dict.fromkeys(COUNTS, torch.int64)
        self._sums = {name: torch.zeros((), dtype=kind, device=device) for name, kind in kinds.items()}

    @torch.no_grad()
    def add(
        self,
        logits: Tensor,
        labels: Tensor,
        losses: Tensor,
        scored: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    ) -> None:
        """Add a step.

        Args:
            logits: (N, C) or (N, C, H, W), with their gradient.
            labels: (N,) or (N, H, W); those below 0 count in nothing.
            losses: of the whole batch: the mean times the number of its samples.
            scored: the course's logits and labels by which a prediction is right.
        """
        known = labels >= 0
        self._sums["loss"] += self._ranks.share(losses)
        said, targets = scored(logits, labels)
        self._sums["correct"] += ((said.argmax(1) == targets) & known).sum()
        self._sums["no_gradient"] += (torch.eq(cast("Tensor", logits.grad), 0).all(1) & known).sum()
        self._sums["labels"] += known.sum()
        self._sums["samples"] += len(labels)

    def means(self) -> dict[str, float]:
        """Return train_loss, train_accuracy and zero_loss_share of all processes, which call it together."""
        sums = {name: float(value) for name, value in self._ranks.total(self._sums).items()}
        labels = max(sums["labels"], 1.0)
        return {
            "train_loss": sums["loss"] / sums["samples"],
            "train_accuracy": sums["correct"] / labels,
            "zero_loss_share": sums["no_gradient"] / labels,
        }

    def state(self) -> dict[str, Tensor]:
        """Return copies of the sums of all processes, on the CPU; all call it together."""
        return {name: value.to("cpu", copy=True) for name, value in self._ranks.total(self._sums).items()}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from what :meth:`state` returned."""
        self._sums = {name: self._ranks.share(value.to(self._device)) for name, value in state.items()}
