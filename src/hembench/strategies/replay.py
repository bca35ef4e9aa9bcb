"""Experience replay: samples of past episodes are learnt again beside those of the current one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch

from hembench.core.errors import InputError
from hembench.core.streams import seed_of
from hembench.strategies._strategy import Learner, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Annotated

    from annotated_types import Ge
    from torch import Tensor


class Replay(Strategy):
    """From the second episode on, every batch is joined by as many samples of a memory of past episodes.

    The memory holds numbers of samples, not images: a sample is augmented afresh whenever it is replayed. It
    changes at the end of an episode only. Its capacity is shared equally by the groups (classes, or episodes) seen
    so far, a remainder going to the first ones; a group keeps the samples with the largest of uniform keys, one
    drawn per sample from (condition, seed, "memory"): a uniform random subset, and when its share shrinks a subset
    of that.

    The memory is gone through in shuffled rounds, from (condition, seed, "replay", epoch, round); a batch may
    hold the end of one round and the beginning of the next, so all are of the same size.

    Attributes:
        memory: numbers of the samples, int64, on the device of the labels.
    """

    def __init__(self, learner: Learner, size: int, balance: str, batch: int | None) -> None:
        super().__init__(learner)
        self.size, self.balance, self.batch = size, balance, batch
        self.memory = learner.labels.new_empty(0, dtype=torch.int64)

    def joined(self, samples: Tensor, epoch: int, step: int) -> Tensor:
        """Return the batch's samples, then the replayed ones."""
        if len(self.memory) == 0:
            return samples
        wanted = min(self.batch or len(samples), len(self.memory))
        # The last batches of an epoch may be of another size: the place follows from the size of this one alone.
        first = step * wanted
        rounds = range(first // len(self.memory), (first + wanted - 1) // len(self.memory) + 1)
        order = torch.cat([self._round(epoch, number) for number in rounds])
        start = first - rounds[0] * len(self.memory)
        return torch.cat([samples, self.memory[order[start : start + wanted].to(self.memory.device)]])

    def _round(self, epoch: int, number: int) -> Tensor:
        seed = seed_of(self.learner.condition, self.learner.seed, "replay", epoch, number)
        return torch.randperm(len(self.memory), generator=torch.Generator().manual_seed(seed))

    def learn_from(self, batches: Callable[[int | None], Iterable[tuple[Tensor, Tensor]]]) -> dict[str, float]:
        """Make the memory anew out of all episodes so far."""
        del batches
        labels, seen = self.learner.labels, self.learner.episodes[: self.finished + 1]
        seed = seed_of(self.learner.condition, self.learner.seed, "memory")
        keys = torch.rand(len(labels), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        groups = list(seen)
        if self.balance == "class":
            samples = torch.cat(groups)
            classes = dict.fromkeys(one for episode in self.learner.classes[: len(seen)] for one in episode)
            groups = [samples[labels[samples] == one] for one in classes]
        share, rest = divmod(self.size, len(groups))
        parts = []
        for number, group in enumerate(groups):
            quota = min(share + (number < rest), len(group))
            chosen = keys[group.cpu()].topk(quota).indices.to(group.device)
            parts.append(group[chosen])
        self.memory = torch.cat(parts)
        return {"memory_samples": float(len(self.memory))}

    def state(self) -> dict[str, Any]:
        """Return the memory too."""
        return {**super().state(), "memory": self.memory.to("cpu", copy=True)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on with the memory of ``state``."""
        super().restore(state)
        self.memory = state["memory"].to(self.learner.labels.device)


def build(
    learner: Learner,
    *,
    size: Annotated[int, Ge(1)] = 2000,
    balance: Literal["class", "episode"] = "class",
    batch: Annotated[int, Ge(1)] | None = None,
) -> Replay:
    """Return the strategy.

    Args:
        learner: the training.
        size: samples that the memory can hold.
        balance: classes or episodes have equal shares of the memory.
        batch: replayed samples in a step, at most the memory; None: as many as there are of the episode.

    Raises:
        InputError: ``size`` or ``batch`` below 1, or an unknown ``balance``.
    """
    if size < 1 or (batch is not None and batch < 1) or balance not in ("class", "episode"):
        raise InputError(
            f"replay: size={size}, balance={balance!r}, batch={batch}: expected at least 1, 'class' or 'episode', "
            "and None or at least 1."
        )
    return Replay(learner, size, balance, batch)
