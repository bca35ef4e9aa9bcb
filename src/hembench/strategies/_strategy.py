"""What a continual learning strategy is to the training loop, and what it may know of the training.

A strategy does nothing by itself: the loop calls it at fixed places. In the order of a step: :meth:`joined` (what
joins the batch), :meth:`total` (what is added to the loss), :meth:`stepping` and :meth:`stepped` (before and after
the optimiser's step; before it gradients may be added to); after an episode's last step :meth:`finish`. The base
class changes nothing at any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor, nn


@dataclass(frozen=True)
class Learner:
    """The training that a strategy works on.

    Attributes:
        model: float images (N, C, H, W) -> logits (N, num_classes), one unit per class of all episodes.
        criterion: (logits of the head, labels in the head) -> scalar.
        head: (logits (N, num_classes), labels (N,)) -> what the criterion takes: the same where all classes share
            one head, else the units of each label's own episode, and the labels counted among them.
        labels: (N,) of all training samples, on the model's device.
        episodes: the numbers of the samples of each episode, in the order in which they are learnt.
        classes: the classes of each episode.
        separate_heads: whether each episode has a head of its own (task-incremental).
        condition: name of the condition, first part of every random stream.
        seed: seed of the cell, second part.
    """

    model: nn.Module
    criterion: Callable[[Tensor, Tensor], Tensor]
    head: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
    labels: Tensor
    episodes: tuple[Tensor, ...]
    classes: tuple[tuple[int, ...], ...]
    separate_heads: bool
    condition: str
    seed: int


class Strategy:
    """The plain training, and the frame of all others.

    Attributes:
        finished: episodes finished; the number of the one that is on.
    """

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self.finished = 0

    def joined(self, samples: Tensor, epoch: int, step: int) -> Tensor:
        """Return the numbers of the samples of a step, (B',), those of the episode, (B,), first.

        Args:
            samples: (B,) int64, on the model's device.
            epoch: epochs completed in the whole training.
            step: steps completed of the epoch.
        """
        del epoch, step
        return samples

    def total(self, loss: Tensor, images: Tensor, logits: Tensor) -> Tensor:
        """Return the scalar that is minimised.

        Args:
            loss: the criterion's, of the whole batch.
            images: float (N, C, H, W), augmented, as the model has just seen them.
            logits: (N, num_classes), what it said of them.
        """
        del images, logits
        return loss

    def stepping(self) -> None:
        """See the gradients of the total before the optimiser uses and drops them, or add to them.

        A penalty of the weights alone adds its own here: that costs less than through :meth:`total`.
        """

    def stepped(self) -> None:
        """See the weights after the optimiser's step."""

    def finish(self, batches: Callable[[int | None], Iterable[tuple[Tensor, Tensor]]]) -> dict[str, float]:
        """End an episode; return numbers for the history of the training, by name.

        Args:
            batches: gives the episode's samples once more, as prepared (images, labels) in the order of their
                numbers, by batches of a size, None for the recipe's.
        """
        noted = self.learn_from(batches)
        self.finished += 1
        return noted

    def learn_from(self, batches: Callable[[int | None], Iterable[tuple[Tensor, Tensor]]]) -> dict[str, float]:
        """Keep what later episodes need of this one; ``finished`` is still its own number."""
        del batches
        return {}

    def state(self) -> dict[str, Any]:
        """Return copies of all that the rest of the training depends on, on the CPU."""
        return {"finished": self.finished}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` returned; the model has its weights already."""
        self.finished = state["finished"]
