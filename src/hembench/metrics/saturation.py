"""Share of samples whose softmax is exactly 1: among them the score knows no order any more."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hembench.metrics._checks import check_scores

MEASURED_ON = ("clean", "ood", "corruption", "attack")
SCORES = ("msp",)


def saturation(confidence: ArrayLike) -> float:
    """Return the share of ``confidence`` (N,) that is exactly 1: in [0, 1], neither direction is better.

    The float32 softmax rounds to 1 from a gap of about 17 between the largest logit and the others on. Such
    samples are ties, which cost AUROC (they count half); read it beside the AUROC of ``msp`` and ``log_msp``.

    Returns:
        The share; NaN without samples.

    Raises:
        InputError: scores are not (N,) or are NaN.
    """
    values = check_scores("confidence", confidence)
    return float(np.mean(values == 1)) if len(values) else float("nan")
