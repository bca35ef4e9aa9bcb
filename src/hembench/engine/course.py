"""What a training is besides passes over all samples: parts learnt one after the other, and their extras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor


class Course:
    """One part, all samples, nothing besides the loss. The loop asks it at fixed places; tasks overwrite.

    Attributes:
        parts: how many times the recipe's epochs are gone through; the schedule starts anew with each part.
    """

    parts = 1

    def samples(self, epoch: int) -> Tensor | None:
        """Return the numbers of an epoch's samples, on the data's device; None: all. Epochs go on over parts."""
        del epoch
        return None

    def joined(self, samples: Tensor, epoch: int, step: int) -> Tensor:
        """Return the numbers of the samples of a step: those of the epoch, (B,), and what joins them, behind."""
        del epoch, step
        return samples

    def split(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return images and labels of an augmented batch, uint8 (n, C, H, W) and (n,) or (n, H, W).

        Labels of pixels travel as a channel of the images, so that they are cropped and flipped with them.
        """
        return images, labels

    def scored(self, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits and labels by which a prediction counts as right."""
        return logits, labels

    def total(self, loss: Tensor, images: Tensor, logits: Tensor) -> Tensor:
        """Return the scalar that is minimised: the loss of a step, and what is added to it."""
        del images, logits
        return loss

    def stepping(self) -> None:
        """See the gradients before the optimiser uses and drops them, or add to them."""

    def stepped(self) -> None:
        """See the weights after the optimiser's step."""

    def part_ended(self, again: Callable[[int | None], Iterable[tuple[Tensor, Tensor]]]) -> dict[str, float]:
        """End a part; return numbers for the history.

        Args:
            again: gives the part's samples once more, as prepared (images, labels) in the order of their numbers,
                by batches of a size, None for the recipe's.
        """
        del again
        return {}

    def state(self) -> dict[str, Any]:
        """Return copies of all that the rest of the training depends on."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` returned; the model has its weights already."""
        del state
