"""What to keep of a training set: fewer samples from class to class (the paper's A.2.1), or few of each class."""

from __future__ import annotations

import numpy as np

from hembench.core.errors import InputError


def long_tail_counts(largest: int, num_classes: int, imbalance: float) -> list[int]:
    """Return the samples to keep of each class: n_i = int(largest * f^i) with f = imbalance^(-1/(C-1)).

    The paper gives the formula and the ratio of the largest to the smallest class, not the rounding. ``int``
    reproduces the totals of the public generator of LDAM-DRW (Cao et al. 2019): CIFAR10 with ratio 100: 12,406.

    Args:
        largest: samples of class 0.
        num_classes: C.
        imbalance: ratio of the largest to the smallest class, at least 1.

    Raises:
        InputError: the ratio is below 1, or so large that a class would be left without a sample.
    """
    if not imbalance >= 1:
        raise InputError(f"imbalance={imbalance}: expected a ratio largest / smallest class of at least 1.")
    factor = imbalance ** (-1 / max(num_classes - 1, 1))
    # The last power can fall short of a whole number by rounding (50 as 49.999...): int alone would lose a sample.
    counts = [int(largest * factor**i + 1e-9) for i in range(num_classes)]
    if counts[-1] < 1:
        raise InputError(
            f"imbalance={imbalance}: leaves the last of {num_classes} classes empty (largest class: {largest}). "
            f"Choose at most {largest}."
        )
    return counts


def long_tail(labels: np.ndarray, num_classes: int, imbalance: float) -> np.ndarray:
    """Return the indices to keep, in file order, so that class i has n_i samples: the *first* n_i of the file.

    The largest class gets as many as the smallest class of ``labels`` has, so that the ratio of the result is
    the one asked for also where the classes of the full set are not exactly equal. A ratio of 1 asks for no
    change: everything is kept.

    Args:
        labels: int64 (N,), class numbers in file order.
        num_classes: C.
        imbalance: ratio of the largest to the smallest class, at least 1.

    Raises:
        InputError: see :func:`long_tail_counts`.
    """
    if imbalance == 1:
        return np.arange(len(labels))
    largest = int(np.bincount(labels, minlength=num_classes).min())
    counts = long_tail_counts(largest, num_classes, imbalance)
    kept = [np.flatnonzero(labels == number)[:count] for number, count in enumerate(counts)]
    return np.sort(np.concatenate(kept))


def kept(labels: np.ndarray, num_classes: int, imbalance: float, per_class: int | None) -> np.ndarray:
    """Return the indices of the training images to keep, in file order.

    Args:
        labels: int64 (N,), in file order.
        num_classes: C.
        imbalance: see :func:`long_tail`.
        per_class: keep the first so many of each class (the paper's B.1: 50); None keeps all.

    Raises:
        InputError: both are asked for; a class has fewer images than are to be kept; ``imbalance`` is below 1 or
            leaves a class empty.
    """
    if per_class is None:
        return long_tail(labels, num_classes, imbalance)
    smallest = int(np.bincount(labels, minlength=num_classes).min())
    if imbalance != 1:
        raise InputError(f"imbalance={imbalance} and per_class={per_class}: give one of them.")
    if not 1 <= per_class <= smallest:
        raise InputError(f"per_class={per_class}: expected 1 to {smallest}, the size of the smallest class.")
    first = [np.flatnonzero(labels == number)[:per_class] for number in range(num_classes)]
    return np.sort(np.concatenate(first))
