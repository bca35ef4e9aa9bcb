"""Checks at the door of every loss, and the precision that losses are computed in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from hembench.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


def checked_batch(logits: Tensor, labels: Tensor, num_classes: int, ignore_index: int) -> tuple[Tensor, Tensor]:
    """Return (targets, valid) of a batch after checking it.

    Args:
        logits: (N, C) or dense (N, C, H, W), floating point.
        labels: (N,) or (N, H, W), any integer type, each in [0, C) or equal to ``ignore_index``.
        num_classes: C.
        ignore_index: label of samples that are set aside.

    Returns:
        targets: int64, shape of ``labels``, ignored labels replaced by 0, so that they can index.
        valid: bool, shape of ``labels``, False where ignored.

    Raises:
        InputError: wrong shape or type, or a label out of range. Labels on the CPU are checked here; labels on
            a GPU are not, since reading them would make the host wait for the device in every step: there,
            CUDA's own assertion ends the program at an index out of bounds.
    """
    if logits.ndim not in (2, 4) or not logits.is_floating_point():
        raise InputError(
            f"logits: expected floating point of shape (N, C) or (N, C, H, W), got {_described(logits)}."
        )
    if logits.shape[1] != num_classes:
        raise InputError(
            f"logits: the loss was built for {num_classes} classes, got {_described(logits)}; classes are axis 1."
        )
    expected = (logits.shape[0], *logits.shape[2:])
    if labels.shape != expected or labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise InputError(f"labels: expected integers of shape {tuple(expected)}, got {_described(labels)}.")
    labels = labels.long()
    valid = labels != ignore_index
    targets = labels * valid
    if targets.device.type == "cpu" and targets.numel():
        low, high = torch.aminmax(targets)
        if low < 0 or high >= num_classes:
            wrong = int(low) if low < 0 else int(high)
            raise InputError(
                f"labels: {wrong} is out of range for {num_classes} classes; expected 0 to {num_classes - 1}, "
                f"or the ignore index {ignore_index}."
            )
    return targets, valid


def checked_counts(counts: Sequence[int] | None, num_classes: int, loss: str) -> list[float]:
    """Return the number of training samples per class, (C,), checked.

    Raises:
        InputError: missing, of another length than ``num_classes``, or a count that is not positive and finite
            (a class without samples has no margin and no prior).
    """
    if counts is None:
        raise InputError(
            f"{loss}: needs counts, the number of training samples of each of the {num_classes} classes."
        )
    values = [float(count) for count in counts]
    if len(values) != num_classes:
        raise InputError(f"{loss}: expected {num_classes} counts, one per class, got {len(values)}.")
    for number, value in enumerate(values):
        if not (math.isfinite(value) and value > 0):
            raise InputError(
                f"{loss}: the count of class {number} is {value:g}; every class needs a positive count."
            )
    return values


def checked_number(
    value: float, name: str, low: float, *, inclusive: bool = True, high: float = math.inf
) -> float:
    """Return an option as a float in [low, high], or in (low, high] where not ``inclusive``; high is finite.

    Raises:
        InputError: outside that range, or not finite.
    """
    inside = low <= value if inclusive else low < value
    if not (math.isfinite(value) and inside and value <= high):
        upper = "" if math.isinf(high) else f" and at most {high:g}"
        raise InputError(
            f"{name}: expected a number {'at least' if inclusive else 'above'} {low:g}{upper}, got {value}."
        )
    return float(value)


def widened(logits: Tensor) -> Tensor:
    """Return ``logits`` in the precision that losses are computed in: float64 stays, all others as float32."""
    return logits if logits.dtype == torch.float64 else logits.float()


def _described(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} of shape {tuple(tensor.shape)}"
