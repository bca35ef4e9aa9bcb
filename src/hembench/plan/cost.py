"""What jobs will cost: from what results that exist took, else from the package's table, marked as an estimate.

Time on a CPU is CPU time: on a machine that is shared, the time on the wall says more of the neighbours. A result
of the same options and data-set prices a job as it is. One of the same data-set, network and attack prices it in
proportion to its images and passes, and what nothing like it was ever made for is priced by the table of
``plan.resources``: both are estimates, and counted as such.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from statistics import median
from typing import Any

from hembench.core import plugins
from hembench.core.digest import short
from hembench.plan.jobs import Job
from hembench.plan.resources import need, parameters

PAIRED = ("seed", "loss", "condition")
"""Options that do not change how long a job takes."""

START = {"train": 1.5, "predict": 0.5, "attack": 0.5, "prepare": 0.1}
"""CPU-seconds of the smallest job: torch and its first use, in one process where jobs are chained; others: one."""

IMAGES, SHAPE = {"train": 50_000, "test": 10_000}, (3, 32, 32)
"""What a data-set is taken for whose label begins with the name of none."""


@dataclass(frozen=True)
class Measured:
    """What one finished result took.

    Attributes:
        stage: kind of job.
        cell: name.
        options: of the stage.
        inputs: role -> path of what it read.
        seconds: of CPU time, or on the wall where a GPU was used; of all processes that made it together.
        size: of its files, in bytes.
        memory: most main memory, in bytes.
        gpu: whether a GPU was used.
    """

    stage: str
    cell: str
    options: Mapping[str, Any]
    inputs: Mapping[str, str]
    seconds: float
    size: int
    memory: int
    gpu: bool

    @staticmethod
    def of(manifest: Mapping[str, Any]) -> Measured | None:
        """Return what a manifest recorded; None: adopted, which took no time, or it is not told."""
        if manifest.get("adoption"):
            return None
        try:
            return Measured._told(manifest)
        except (KeyError, TypeError, ValueError):  # another version's, or damaged: `hembench verify` tells
            return None

    @staticmethod
    def _told(manifest: Mapping[str, Any]) -> Measured:
        run = manifest["run"]
        size = sum(int(file["size"]) for file in manifest["files"].values())
        gpu = str(manifest["environment"].get("device", "cpu")).startswith("cuda")
        seconds = float(run["wall_seconds"] if gpu else run.get("cpu_seconds", run["wall_seconds"]))
        seconds *= int(run.get("processes", 1))  # the first one measured itself
        memory = int(run.get("peak_memory_bytes") or 0)
        options = manifest["ingredients"]["options"]
        inputs = manifest.get("inputs", {})
        return Measured(manifest["stage"], manifest["cell"], options, inputs, seconds, size, memory, gpu)


@dataclass(frozen=True)
class Cost:
    """Sum over jobs: hours on CPUs and GPUs, bytes, the most memory of one, and how many are only estimated."""

    jobs: int = 0
    cpu_hours: float = 0.0
    gpu_hours: float = 0.0
    bytes: int = 0
    estimated_jobs: int = 0
    memory: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.jobs + other.jobs,
            self.cpu_hours + other.cpu_hours,
            self.gpu_hours + other.gpu_hours,
            self.bytes + other.bytes,
            self.estimated_jobs + other.estimated_jobs,
            max(self.memory, other.memory),
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return {
            "jobs": self.jobs,
            "cpu_hours": round(self.cpu_hours, 4),
            "gpu_hours": round(self.gpu_hours, 4),
            "bytes": self.bytes,
            "estimated_jobs": self.estimated_jobs,
            "peak_memory_bytes": self.memory,
        }

    def words(self) -> str:
        """Return it as a phrase for people."""
        rough = f" ({self.estimated_jobs} of them estimated)" if self.estimated_jobs else ""
        return f"{self.jobs} jobs, {self.time()}, {size(self.bytes)}{rough}"

    def time(self) -> str:
        """Return its time as a phrase for people."""
        gpu = f"{_time(self.gpu_hours, 'GPU')} and " if self.gpu_hours else ""
        return f"{gpu}{_time(self.cpu_hours, 'CPU')}"


def price(jobs: Iterable[Job], measured: Iterable[Measured]) -> Cost:
    """Return the cost of ``jobs``."""
    return sum(price_by_stage(jobs, measured).values(), Cost())


def price_by_stage(jobs: Iterable[Job], measured: Iterable[Measured]) -> dict[str, Cost]:
    """Return the cost of the jobs of each stage, in the order of ``jobs``."""
    same: dict[str, list[Measured]] = defaultdict(list)
    near: dict[str, list[Measured]] = defaultdict(list)
    for result in measured:
        same[_same(result)].append(result)
        near[_near(result)].append(result)
    costs: dict[str, Cost] = defaultdict(Cost)
    for job in jobs:
        if alike := same.get(_same(job)):
            cost = _cost(alike, [1.0] * len(alike), estimated=False)
        elif job.stage in START and (alike := near.get(_near(job))):
            cost = _cost(alike, [work(job) / work(result) for result in alike], estimated=True)
        else:
            cost = _by_table(job)
        costs[job.stage] += cost
    return dict(costs)


def work(job: Job | Measured) -> float:
    """Return the images that a job goes through, times its passes; 1 for stages that go through none."""
    images, _ = _data(job)
    match job.stage:
        case "train":
            return float(images["train"] * job.options["recipe"]["epochs"])
        case "attack":
            return float(job.options["images"])
        case "predict":
            return float(images["test"] * max(len(job.inputs) - 1, 1))  # all but the network are sets
        case "prepare":
            severities = len(job.options.get("severities", [1]))
            return float(images.get(str(job.options.get("set")), images["test"]) * severities)
    return 1.0


def _cost(alike: list[Measured], scales: list[float], estimated: bool) -> Cost:
    gpu = sum(result.gpu for result in alike) * 2 > len(alike)
    scaled = list(zip(scales, alike, strict=True))
    hours = median(scale * result.seconds for scale, result in scaled) / 3600
    # weights are of one size however long a training takes
    by = [1.0 if result.stage == "train" else scale for scale, result in scaled]
    size = int(median(one * result.size for one, result in zip(by, alike, strict=True)))
    memory = max(result.memory for result in alike)
    return Cost(1, 0.0 if gpu else hours, hours if gpu else 0.0, size, int(estimated), memory)


def _by_table(job: Job) -> Cost:
    row = need(job.stage, job.cell)
    _, shape = _data(job)
    pixels = prod(job.options.get("image_shape", shape))
    hours = (START.get(job.stage, 1.0) + row.rate * 1e-9 * pixels * work(job)) / 3600
    kept = len(job.options["scores"]) + 2 if "scores" in job.options else job.options.get("num_classes", 10)
    bytes_per_image = {"prepare": pixels, "predict": 4 * kept, "attack": 100}
    if job.stage in bytes_per_image:
        size = int(bytes_per_image[job.stage] * work(job))
    else:
        size = 4 * parameters(job.cell) if job.stage == "train" else 300_000
    cpu, gpu = (0.0, hours) if row.on_gpu else (hours, 0.0)
    return Cost(1, cpu, gpu, size, 1, row.memory_mb * 1_000_000 * job.processes)


def _same(job: Job | Measured) -> str:
    return _label(job) + job.stage + short({k: v for k, v in job.options.items() if k not in PAIRED})


def _near(job: Job | Measured) -> str:
    named = {of: job.options[of]["name"] for of in ("network", "attack") if isinstance(job.options.get(of), dict)}
    return short([_label(job), job.stage, named, job.options.get("norm")])


def _label(job: Job | Measured) -> str:
    """Return the label of a job's data-set, with which its cell begins."""
    return job.cell.partition("-")[0]


def _data(job: Job | Measured) -> tuple[Mapping[str, int], tuple[int, ...]]:
    """Return (images of the training and test set, shape of one) of the data-set whose name begins the label."""
    label = _label(job)
    if "episodes" in job.options:
        label = plugins.constants("episodes", job.options["episodes"]["name"])["DATASET"]
    known = [name for name in plugins.names("datasets") if label == name or label.startswith(f"{name}_")]
    if not known:
        return IMAGES, SHAPE
    facts = plugins.constants("datasets", max(known, key=len))
    return IMAGES | facts["SIZES"], tuple(facts["IMAGE_SHAPE"])


def size(count: int) -> str:
    """Return a number of bytes for people."""
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if count >= unit:
            digits = 1 if unit > 1e6 and count < 100 * unit else 0
            return f"{count / unit:.{digits}f} {name}"
    return f"{count / 1e3:.0f} kB"


def _time(hours: float, of: str) -> str:
    return f"{hours:.1f} {of}-hours" if hours >= 1 else f"{60 * hours:.1f} {of}-minutes"
