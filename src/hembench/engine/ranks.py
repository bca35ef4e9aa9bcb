"""The processes that train one cell together ("ranks"): each computes its part of every global batch.

The losses know of ranks themselves: each rank computes the loss of the global batch, and sends back the number of
ranks times its own part of the gradient (``losses._reduce``). So the mean over ranks of the parameters' gradients
is the gradient of the global batch, and all that is left to do is to take it.

It is taken by one message after the backward pass, not by torch's DistributedDataParallel, whose arithmetic is the
same: DDP lays its messages out anew after the first step of a process, so that with more than two ranks sums have
another order after a resume, and it refuses networks that have parameters without use, as some of the paper's do.
Its gain, messages under way while the next gradients are computed, is a few per cent on one machine.

Batch normalisation is over each rank's own part, and its running statistics, like everything that is saved, are
those of the first rank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.distributed as dist

from hembench.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn


class Ranks:
    """The ranks of a training, as one of them sees them; where there is one, nothing is done and nothing sent.

    All ranks have to call the methods that send together, and get the same bits from them.

    Attributes:
        count: how many there are.
        number: which one this is, from 0.
        stream: last parts of the names of random streams that ranks must not share; none where there is one rank.
    """

    def __init__(self, count: int) -> None:
        """Take part in torch's process group, or be alone.

        Raises:
            InputError: there are not ``count`` processes: another number would be another training.
        """
        up = dist.is_available() and dist.is_initialized()
        there = dist.get_world_size() if up else 1
        if there != count:
            raise InputError(f"this training takes {count} processes (processes: in the recipe), not {there}.")
        self.count = count
        self.number = dist.get_rank() if count > 1 else 0
        self.stream: tuple[int, ...] = (self.number,) if count > 1 else ()
        self._used: list[bool] | None = None

    def part(self, batch: Tensor) -> Tensor:
        """Return this rank's part of a global batch, along the first dimension: contiguous, in the order of ranks.

        Parts differ by one sample at most where the batch can't be split evenly: (n, ...) -> (n / count, ...).
        """
        first, last = (len(batch) * number // self.count for number in (self.number, self.number + 1))
        return batch[first:last]

    @torch.no_grad()
    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace the gradients by their mean over the ranks; a parameter without one is left so.

        Raises:
            InputError: a parameter has a gradient on some ranks only, or in some steps only.
        """
        if self.count == 1:
            return
        gradients = self._gradients(parameters)
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.count
        parts = torch.split(flat, [gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, parts, strict=True):
            gradient.copy_(mean.view_as(gradient))

    def total(self, sums: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the sums over all ranks of scalars (integers below 2^53 are exact)."""
        if self.count == 1:
            return sums
        # Of a number that the first rank alone counts, the total is that number, to the bit.
        values = torch.stack([value.double() for value in sums.values()])
        dist.all_reduce(values)
        return {name: value.to(old.dtype) for (name, old), value in zip(sums.items(), values, strict=True)}

    def share(self, total: Tensor) -> Tensor:
        """Return this rank's share of a total, so that shares add up to it: all for the first rank, else 0."""
        return total if self.number == 0 else torch.zeros_like(total)

    def _gradients(self, parameters: Sequence[nn.Parameter]) -> list[Tensor]:
        """Return the gradients; who has one is compared between ranks at the first step, between steps later."""
        used = [parameter.grad is not None for parameter in parameters]
        if self._used is None:
            on = torch.tensor(used, dtype=torch.int32, device=parameters[0].device)
            dist.all_reduce(on)
            if on.tolist() != [self.count * has for has in used]:
                raise InputError("a parameter has a gradient in some processes only: the ranks can't be averaged.")
            self._used = used
        if used != self._used:
            raise InputError("a parameter has a gradient in some steps only: the ranks can't be averaged.")
        return [parameter.grad for parameter in parameters if parameter.grad is not None]
