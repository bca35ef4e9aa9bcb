"""Sums over the global batch under data-parallel training.

A loss here is a function of sums over all samples of all ranks (of errors, of active samples, of class overlaps),
not the mean of per-rank losses: HEM's mean over active samples and DICE's class sums do not split into ranks.
So the sums are all-reduced, and every rank computes the same value L of the global batch.

Gradient: with W ranks, DistributedDataParallel averages the parameter gradients of the ranks, (1/W) sum_r G_r.
What is wanted is dL/dtheta = sum_r (dL/dlogits_r)(dlogits_r/dtheta). So rank r has to send back W * dL/dlogits_r:
the backward of the all-reduced sum multiplies by W. It needs no communication, since every rank computes the same
L and back-propagates the same factor. (Exact also where ranks hold different numbers of samples.)

Consequence: while a process group with several ranks is up, all ranks have to call the loss together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist

if TYPE_CHECKING:
    from torch import Tensor


class _SumOverRanks(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, local: Tensor, ranks: int) -> Tensor:
        ctx.ranks = ranks
        total = local.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0] * ctx.ranks, None


def sum_over_ranks(local: Tensor) -> Tensor:
    """Return the sum of ``local`` (same shape everywhere) over all ranks; ``local`` itself where there is one."""
    if _ranks() == 1:
        return local
    total: Tensor = _SumOverRanks.apply(local, _ranks())  # type: ignore[no-untyped-call]
    return total


def ratio(total: Tensor, count: Tensor) -> Tensor:
    """Return total / count over all ranks, both scalars; 0, with its graph, where count is 0 (total is 0 then).

    The count is guarded by at least 1 where the authors' code adds 1e-6 to it: exact, and equal to 1e-6 relative.
    """
    if _ranks() == 1:
        return total / count.clamp(min=1)
    # As float64: exact for counts up to 2^53, and one message instead of two.
    both = sum_over_ranks(torch.stack([total.double(), count.double()]))
    return (both[0] / both[1].clamp(min=1)).to(total.dtype)


def _ranks() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1
