"""Which units of a network's last layer take part in the loss of an image, in continual learning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hembench.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MASKED = -1000.0
"""Logit of a masked unit, as Avalanche's classifiers have it."""


class Heads(nn.Module):
    """A criterion on the units that take part; the network has one unit per class of all episodes.

    ``units``:
        all: every unit, from the first episode on (class- and domain-incremental).
        seen: the units of the classes of all episodes up to the one that is on (class-incremental).
        own: the units of the label's own episode, nothing else (task-incremental).
        masked: all units, those of other episodes at -1000 (task-incremental, as Avalanche has it: losses that
            take a norm or a mean over units then measure the masked ones too).

    The loss is built for as many classes as it gets units. Counts: the data-set's where it gets all; else its
    number of images shared equally among the units, so that a margin that depends on it is the same in every
    episode. With ``images``, the numbers of images of the episodes, it is those of the episode that is on that are
    shared equally. Whatever is replayed counts in none of the two.

    Attributes:
        sizes: units that take part, by episode.
        current: number of the episode that is on, from 0.

    Raises:
        InputError: unknown ``units``, or episodes with different numbers of classes.
    """

    order: Tensor
    position: Tensor
    of_label: Tensor
    foreign: Tensor

    def __init__(
        self,
        classes: Sequence[Sequence[int]],
        units: str,
        counts: Sequence[int],
        build_loss: Callable[[int, list[int]], nn.Module],
        images: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        if units not in ("all", "seen", "own", "masked"):
            raise InputError(f"units: expected 'all', 'seen', 'own' or 'masked', got {units!r}.")
        if len({len(part) for part in classes}) != 1:
            raise InputError(f"episodes have {[len(part) for part in classes]} classes: expected as many in each.")
        self.units, self.current = units, 0
        number = len(counts)
        self.sizes = [number] * len(classes)
        if units == "own":
            self.sizes = [len(part) for part in classes]
        elif units == "seen":
            self.sizes = [sum(map(len, classes[: n + 1])) for n in range(len(classes))]
        of_loss = [
            [int(count) for count in counts] if size == number else _shared(sum(counts), size)
            for size in self.sizes
        ]
        if images is not None:
            of_loss = [_shared(total, size) for total, size in zip(images, self.sizes, strict=True)]
        self.criteria = nn.ModuleList(map(build_loss, self.sizes, of_loss))
        of_label, position = torch.zeros(number, len(classes[0]), dtype=torch.int64), torch.arange(number)
        order = [one for part in classes for one in part]
        for part in classes:
            for place, one in enumerate(part):
                of_label[one] = torch.tensor(part)
                position[one] = order.index(one) if units == "seen" else place
        self._table("order", torch.tensor(order))
        self._table("position", position)
        self._table("of_label", of_label)
        self._table("foreign", torch.ones(number, number, dtype=torch.bool).scatter_(1, of_label, False))

    def _table(self, name: str, values: Tensor) -> None:
        self.register_buffer(name, values, persistent=False)

    def head(self, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the units that take part, (N, units), and the labels (N,) counted among them."""
        if self.units == "own":
            return logits.gather(1, self.of_label[labels]), self.position[labels]
        if self.units == "masked":
            return logits.masked_fill(self.foreign[labels], MASKED), labels
        if self.units == "seen":
            return logits[:, self.order[: self.sizes[self.current]]], self.position[labels]
        return logits, labels

    def of_head(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of what :meth:`head` returns."""
        loss: Tensor = self.criteria[self.current](logits, labels)
        return loss

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of logits (N, num_classes) and labels (N,), a scalar."""
        return self.of_head(*self.head(logits, labels))


def _shared(total: int, size: int) -> list[int]:
    """Return a number of images shared equally among units, the remainder to the first ones."""
    share, rest = divmod(int(total), size)
    return [share + (place < rest) for place in range(size)]
