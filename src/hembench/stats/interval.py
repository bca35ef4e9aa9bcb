"""Mean, standard deviation and t interval over seeds (docs/statistics.md; the house's rule for seeds).

Few seeds are the normal case, so the interval is Student's t and never a percentile bootstrap: of five values
the latter covers too little. One seed has no standard deviation and no interval: both are NaN, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from hembench.core.errors import InputError


@dataclass(frozen=True)
class Interval:
    """A mean with its spread over ``n`` seeds, in the unit of the values.

    ``sd`` is the sample standard deviation (ddof 1); ``low`` and ``high`` bound the mean. ``sd``, ``low`` and
    ``high`` are NaN for ``n`` < 2, and so is ``mean`` for ``n`` = 0.
    """

    mean: float
    sd: float
    n: int
    low: float
    high: float


def t_interval(
    mean: ArrayLike, sd: ArrayLike, n: ArrayLike, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bounds of the two-sided t interval of means, elementwise: mean ± t(n - 1) · sd / √n.

    Args:
        mean: sample means, any shape.
        sd: sample standard deviations (ddof 1), same shape.
        n: sizes of the samples, same shape; where ``n`` < 2 both bounds are NaN.
        level: coverage, in (0, 1).

    Raises:
        InputError: ``level`` is out of range.
    """
    if not 0.0 < level < 1.0:
        raise InputError(f"the level of an interval is a share between 0 and 1, not {level!r}.")
    mean, sd, n = (np.asarray(values, dtype=np.float64) for values in (mean, sd, n))
    several = n >= 2
    size = np.where(several, n, 2.0)
    half = stats.t.ppf(0.5 + level / 2, size - 1) * sd / np.sqrt(size)
    return np.where(several, mean - half, np.nan), np.where(several, mean + half, np.nan)


def interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Return mean, sd, n and t interval of the values (n,), one for each seed.

    NaN stands for a seed whose number could not be measured: it is left out, and ``n`` says so.

    Raises:
        InputError: the values are not one-dimensional, or one is infinite, or ``level`` is out of range.
    """
    data: NDArray[Any] = np.asarray(values, dtype=np.float64)
    if data.ndim != 1:
        raise InputError(f"expected values of shape (n,), one for each seed, not {data.shape}.")
    data = data[~np.isnan(data)]
    if not np.isfinite(data).all():
        raise InputError("the values of the seeds must be finite (NaN marks a missing one).")
    n = int(data.size)
    mean = float(data.mean()) if n else float("nan")
    sd = float(data.std(ddof=1)) if n > 1 else float("nan")
    low, high = t_interval(mean, sd, n, level)
    return Interval(mean, sd, n, float(low), float(high))
