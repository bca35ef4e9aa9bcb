"""Where benchmarks compute, and their clock: CPU-seconds on a CPU, which others' work does not change; on a GPU
seconds by the clock, its queue emptied before and after. With a GPU they use it; HEMBENCH_DEVICE=cpu forbids that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import torch

DEVICE = torch.device(
    "cuda" if torch.cuda.is_available() and os.environ.get("HEMBENCH_DEVICE") != "cpu" else "cpu"
)
UNIT = "s" if DEVICE.type == "cuda" else "CPU-s"


def where() -> str:
    """Return the device in words."""
    return torch.cuda.get_device_name() if DEVICE.type == "cuda" else "one thread of a CPU"


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long ``work`` takes, and what it returns."""
    start = _now()
    result = work()
    return _now() - start, result


def _now() -> float:
    if DEVICE.type == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()
