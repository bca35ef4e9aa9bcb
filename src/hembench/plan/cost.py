"""What jobs will cost: from the times of results that exist, else from a rough table, marked as an estimate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from hembench.core.digest import short
from hembench.plan.jobs import Job

ROUGH_SECONDS = {"train": 600.0, "predict": 30.0, "attack": 600.0, "report": 3.0}
"""Seconds of a job where nothing was ever measured; others: two seconds."""

PAIRED = ("seed", "loss", "condition")
"""Options that do not change how long a job takes."""


@dataclass(frozen=True)
class Measured:
    """What one finished result took: its stage, its options, seconds, bytes, and whether on a GPU."""

    stage: str
    options: Mapping[str, Any]
    seconds: float
    size: int
    gpu: bool

    @staticmethod
    def of(manifest: Mapping[str, Any]) -> Measured | None:
        """Return what a manifest recorded; None for an adopted result, which took no time."""
        if manifest.get("adoption"):
            return None
        run = manifest["run"]
        size = sum(int(file["size"]) for file in manifest["files"].values())
        gpu = str(manifest["environment"].get("device", "cpu")).startswith("cuda")
        options = manifest["ingredients"]["options"]
        return Measured(manifest["stage"], options, float(run["wall_seconds"]), size, gpu)


@dataclass(frozen=True)
class Cost:
    """Sum over jobs: hours on CPUs and GPUs, bytes, and how many jobs are priced by a rough table alone."""

    jobs: int
    cpu_hours: float
    gpu_hours: float
    bytes: int
    estimated_jobs: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return {
            "jobs": self.jobs,
            "cpu_hours": round(self.cpu_hours, 4),
            "gpu_hours": round(self.gpu_hours, 4),
            "bytes": self.bytes,
            "estimated_jobs": self.estimated_jobs,
        }

    def words(self) -> str:
        """Return it as a phrase for people."""
        gpu = f"{_time(self.gpu_hours, 'GPU')} and " if self.gpu_hours else ""
        rough = f" ({self.estimated_jobs} of them priced by a rough table)" if self.estimated_jobs else ""
        return f"{self.jobs} jobs, {gpu}{_time(self.cpu_hours, 'CPU')}, {self.bytes / 1e6:.1f} MB{rough}"


def _time(hours: float, of: str) -> str:
    return f"{hours:.1f} {of}-hours" if hours >= 1 else f"{60 * hours:.1f} {of}-minutes"


def price(jobs: Iterable[Job], measured: Iterable[Measured]) -> Cost:
    """Return the cost of ``jobs``: the median of like results, else of the stage's, else the rough table."""
    alike: dict[str, list[Measured]] = defaultdict(list)
    of_stage: dict[str, list[Measured]] = defaultdict(list)
    for result in measured:
        alike[_family(result.stage, result.options)].append(result)
        of_stage[result.stage].append(result)
    count, estimated, size, seconds = 0, 0, 0.0, {False: 0.0, True: 0.0}
    for job in jobs:
        count += 1
        known = alike.get(_family(job.stage, job.options)) or of_stage.get(job.stage)
        if not known:
            estimated += 1
            seconds[False] += ROUGH_SECONDS.get(job.stage, 2.0)
            continue
        gpu = sum(result.gpu for result in known) * 2 > len(known)
        seconds[gpu] += median(result.seconds for result in known)
        size += median(result.size for result in known)
    return Cost(count, seconds[False] / 3600, seconds[True] / 3600, int(size), estimated)


def _family(stage: str, options: Mapping[str, Any]) -> str:
    return stage + short({key: value for key, value in options.items() if key not in PAIRED})
