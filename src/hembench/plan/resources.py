"""What jobs take: one table, by stage and condition; what they ask of a cluster, with the site's names and limits.

Nothing here can change a result: the workflow's rules and prices alone know it. Limits hold for the first
attempt, on a GPU or, where there is none, on one CPU core; each further attempt gets that much more, up to the
site's limits; of memory, where the site names no limit, twice the first attempt's at most. A job that meets its
limit saves its state and goes on in the next attempt, so a time that is too short loses little.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import Any

from hembench.core.errors import ConfigError, nearest


@dataclass(frozen=True)
class Need:
    """What jobs of a stage take.

    Attributes:
        stage: kind of job.
        cells: pattern of the cell's name, which begins with the condition: data-set, network, recipe.
        minutes: time limit of the first attempt.
        memory_mb: main memory of the first attempt.
        share: how many such jobs fit on one GPU; 0: the work is done on a CPU.
        rate: nanoseconds for each number (channels x height x width) of each image of each pass (train: epoch;
            predict, prepare: one; attack: all that it does to an image), for ``plan.cost`` where nothing like it
            was measured on this machine.
        source: "measured: ..." or "estimate: ..."; of all numbers of the row.
        cpus: cores. The arithmetic is one thread (determinism); a second one feeds a large GPU job.
        on_gpu: whether ``rate`` is that of a GPU (an H100-sized one) and not of one CPU core.
    """

    stage: str
    cells: str
    minutes: int
    memory_mb: int
    share: int
    rate: float
    source: str
    cpus: int = 1
    on_gpu: bool = False


# fmt: off
TABLE = (
    Need("train", "digits*", 5, 2000, 0, 250, "measured: 1 to 3 CPU-seconds, 261 MB; a GPU would not be faster"),
    Need("train", "mnist-mlp*", 45, 4000, 4, 27, "measured: 25 CPU-seconds, 323 MB"),
    Need("train", "mnist-convnet*", 180, 4000, 4, 425, "measured: 400 CPU-seconds"),
    Need("train", "mnist-*", 45, 4000, 4, 85, "measured: LeNet, 80 CPU-seconds, 341 MB; a CUDA process adds 3 GB"),
    Need("train", "*_digits-*", 5, 2000, 0, 250, "estimate: as the digits"),
    Need("train", "*_mnist-*", 120, 4000, 4, 50, "estimate: an MLP; continual learning"),
    Need("train", "digit_scenes*", 5, 2000, 0, 500, "measured: 10 CPU-seconds for 30 epochs, 268 MB"),
    Need("train", "camvid_subset*", 60, 8000, 0, 320, "estimate: FPN on crops of 128x128, a CPU"),
    Need("train", "camvid-*-camvid_crops*", 120, 8000, 0, 320, "estimate: FPN on crops of 128x128, a CPU"),
    Need("train", "camvid*", 120, 16000, 1, 20, "estimate: FPN, 25 to 50 GMAC a picture", cpus=2, on_gpu=True),
    Need("train", "cityscapes*", 1440, 32000, 1, 10, "estimate: FPN on crops", cpus=2, on_gpu=True),
    Need("train", "sbd*", 1440, 32000, 1, 20, "estimate: as CamVid", cpus=2, on_gpu=True),
    Need("train", "imagenet1k-vit*", 20160, 32000, 1, 27, "estimate: 17.5 GMAC", cpus=2, on_gpu=True),
    Need("train", "imagenet1k-*", 10080, 32000, 1, 10, "estimate: ResNet50, 700 images/s", cpus=2, on_gpu=True),
    Need("train", "*-wrn*", 2880, 24000, 1, 230, "estimate: WRN28-10, 5.2 GMAC at 32x32", cpus=2, on_gpu=True),
    Need("train", "tiny_imagenet-*", 480, 16000, 1, 27, "estimate: ResNet18, 2.2 GMAC", cpus=2, on_gpu=True),
    Need("train", "*", 240, 16000, 1, 27, "estimate: ResNet18 on CIFAR, 0.56 GMAC", cpus=2, on_gpu=True),
    Need("predict", "digits*", 5, 2000, 0, 500, "measured: 1 CPU-second, 269 MB"),
    Need("predict", "mnist-mlp*", 15, 4000, 4, 25, "estimate: a third of a LeNet"),
    Need("predict", "mnist-convnet*", 15, 4000, 4, 250, "estimate: four times a LeNet"),
    Need("predict", "mnist-*", 15, 4000, 4, 75, "measured: LeNet, 17 CPU-seconds, 379 MB; CUDA adds 3 GB"),
    Need("predict", "digit_scenes*", 5, 2000, 0, 300, "measured: 0.1 CPU-seconds, 267 MB"),
    Need("predict", "camvid_subset*", 15, 8000, 0, 3000, "estimate: FPN on whole pictures, a CPU"),
    Need("predict", "camvid-*-camvid_crops*", 30, 8000, 0, 3000, "estimate: FPN on whole pictures, a CPU"),
    Need("predict", "*_digits-*", 5, 2000, 0, 500, "estimate: as the digits"),
    Need("predict", "*_mnist-*", 15, 4000, 4, 25, "estimate: an MLP, six times"),
    Need("predict", "*", 60, 16000, 1, 9, "estimate: a third of a training's pass", cpus=2, on_gpu=True),
    Need("attack", "digits*", 5, 2000, 0, 100_000, "measured: 1 CPU-second on 40 images, 336 MB"),
    Need("attack", "mnist-mlp*", 30, 4000, 4, 14_000, "measured: 1 (Linf) to 20 CPU-seconds (L2) on 1,000 images"),
    Need("attack", "mnist-convnet*", 120, 4000, 4, 200_000, "estimate: four times a LeNet"),
    Need("attack", "mnist-*", 30, 4000, 4, 54_000, "measured: LeNet, 3 (Linf) to 81 CPU-seconds (L2), 401 MB"),
    Need("attack", "imagenet1k-*", 2880, 32000, 1, 17_000, "estimate: 1,900 passes forward", cpus=2, on_gpu=True),
    Need("attack", "*-wrn*", 1440, 24000, 1, 146_000, "estimate: 1,900 passes forward", cpus=2, on_gpu=True),
    Need("attack", "*", 240, 16000, 1, 17_000, "estimate: the same, of a ResNet18", cpus=2, on_gpu=True),
    Need("prepare", "digits*", 5, 1000, 0, 100, "measured: 0.1 CPU-seconds, 61 MB"),
    Need("prepare", "digit_scenes*", 5, 1000, 0, 200, "measured: 0.2 CPU-seconds, 54 MB"),
    Need("prepare", "*mnist*", 10, 2000, 0, 50, "measured: 0.4 CPU-seconds, 490 MB at most"),
    Need("prepare", "imagenet1k*", 720, 16000, 0, 50, "estimate: 1.3 million photographs to decode"),
    Need("prepare", "*", 60, 8000, 0, 50, "estimate"),
    Need("*", "*", 10, 2000, 0, 0, "estimate: a second or two, on the controlling machine"),
)
# fmt: on
"""What each kind of job takes; the first row that fits counts. Measured are values of manifests, on one core."""

PARAMETERS = (
    ("*-vit*", 86.6),
    ("*-wrn*", 36.6),
    ("*-swin*", 28.4),
    ("*-resnet50*", 25.6),
    ("*-inception*", 23.9),
    ("*-fpn*", 23.0),
    ("*-resnet18*", 11.3),
    ("*-parn18*", 11.2),
    ("*-mobilenet*", 4.3),
    ("*-resnet32*", 0.5),
    ("*-mlp*", 0.24),
    ("*", 0.1),
)
"""Millions of parameters by pattern of the cell's name; the first that fits counts. Labels of a study that look
like none of these are taken for small networks."""


UNCAPPED = 2
"""Times the first attempt's memory that is asked for at most where the site names no limit: beyond a node's memory
SLURM refuses a job, whatever had ended its attempts before."""

OF_SLURM = ("slurm_partition", "slurm_extra")
"""Keys of the executor in a profile's ``default-resources`` that the package says for each job."""

HANDED_OVER = ("slurm_account", "slurm_cluster")
"""The other such keys that the executor knows (2.8.0)."""


@dataclass(frozen=True)
class Site:
    """A site's names and limits, keys ``site_...`` of ``default-resources`` in a profile; 0 or "": there is none.

    Attributes:
        partition: partition of CPU jobs, the profile's ``slurm_partition``.
        gpu_partition: partition of GPU jobs, where it is another one.
        gpu_model: type of GPU to ask for.
        shards: parts that SLURM divides each GPU into (its ``shard``), so that small jobs share one.
        max_minutes: longest time limit that the site admits.
        max_memory_mb: most memory of one job that the site admits; 0: attempts at most double it.
        extra: more options of sbatch for all jobs, the profile's ``slurm_extra``.
        chain: 1: a training's job of the cluster goes on to its predictions and attacks.
        scratch: folder for a cluster job's temporary files, with variables that are the job's.
        slots_per_gpu: jobs that share a GPU where there is no scheduler (profiles/gpu).
    """

    partition: str = ""
    gpu_partition: str = ""
    gpu_model: str = ""
    shards: int = 0
    max_minutes: int = 0
    max_memory_mb: int = 0
    extra: str = ""
    chain: int = 0
    scratch: str = ""
    slots_per_gpu: int = 0

    @classmethod
    def of(cls, default_resources: Mapping[str, Any]) -> Site:
        """Return the site that a profile's ``default-resources`` describe.

        Raises:
            ConfigError: a key is unknown or no whole number where one is needed, or a key stands there that would
                give every job a GPU.
        """
        for wrong in ("gpu", "gpus", "gpu_model", "gres", "nvidia_gpu"):
            if wrong in default_resources:
                raise ConfigError(
                    f"default-resources: {wrong} would be asked for by every job, also by those that use no GPU. "
                    "Which jobs need one is the package's table; the GPU's type is the key site_gpu_model."
                )
        known = {field.name: field for field in fields(cls)}
        given: dict[str, Any] = {}
        for key, value in default_resources.items():
            if key.startswith("slurm_") and key not in (*OF_SLURM, *HANDED_OVER):
                wished = nearest(key, (*OF_SLURM, *HANDED_OVER))
                raise ConfigError(f"default-resources: SLURM's executor has no key {key}.{wished}")
            if not key.startswith("site_") and key not in OF_SLURM:
                continue
            name, text = key.removeprefix("site_").removeprefix("slurm_"), _unquoted(str(value))
            if name not in known:
                names = [f"site_{field}" for field in known]
                raise ConfigError(f"default-resources: there is no key {key}.{nearest(key, names)}")
            if isinstance(known[name].default, str):
                given[name] = text
            elif text.isdigit():
                given[name] = int(text)
            else:
                raise ConfigError(f"default-resources: {key} is {text!r}: give a whole number, 0 or more.")
        return cls(**given)


NAMES = (
    *("runtime", "mem_mb", "cpus_per_task", "gpu", "gpu_model", "gres", "nodes"),
    *("slurm_partition", "slurm_extra"),
)
"""Resources of a rule, in Snakemake's and its SLURM executor's words."""


def need(stage: str, cell: str) -> Need:
    """Return the row of the table for a job."""
    return next(row for row in TABLE if fnmatchcase(stage, row.stage) and fnmatchcase(cell, row.cells))


def parameters(cell: str) -> int:
    """Return about how many parameters the network of a cell has."""
    return int(1e6 * next(millions for cells, millions in PARAMETERS if fnmatchcase(cell, cells)))


def together(first: Need, others: Iterable[Need]) -> Need:
    """Return what one job takes that does the work of several, one after another."""
    rows = [first, *others]
    return replace(first, minutes=sum(row.minutes for row in rows), memory_mb=max(row.memory_mb for row in rows))


def resources(row: Need, attempt: int, site: Site, after: str = "", processes: int = 1) -> dict[str, int | str]:
    """Return what a job asks for; names that are missing are not asked for.

    Args:
        row: of the table.
        attempt: 1, 2, ...; time and memory grow with it.
        site: its names and limits.
        after: job of the cluster that has to end before.
        processes: how many compute it together, each with the row's cores and memory, and a GPU of its own.
    """
    memory = row.memory_mb * processes
    asked: dict[str, int | str] = {
        "runtime": _within(row.minutes * attempt, site.max_minutes),
        "mem_mb": _within(memory * attempt, site.max_memory_mb or memory * UNCAPPED),
        "cpus_per_task": row.cpus * processes,
    }
    # A rule's own value replaces the profile's default, also where it is none: so these are said for each job.
    if extra := " ".join(part for part in (site.extra, f"--dependency=afterany:{after}" if after else "") if part):
        asked["slurm_extra"] = extra
    if partition := site.gpu_partition if row.share and site.gpu_partition else site.partition:
        asked["slurm_partition"] = partition
    if not row.share:
        return asked  # nothing that names a GPU, not even its type: the executor takes that for a wish
    asked["nodes"] = 1  # else --gpus may be spread over two nodes, and the step, which asks for one, fails
    if site.shards and row.share > 1 and processes == 1:
        # A shard has no type: where one partition has several, shards come from any of them.
        asked["gres"] = f"shard:{math.ceil(site.shards / row.share)}"
        return asked
    asked["gpu"] = processes  # never `gpus`: it does not reach sbatch, but does reach the step, which then fails
    if site.gpu_model:
        asked["gpu_model"] = site.gpu_model
    return asked


def _unquoted(text: str) -> str:
    """Return an expression that is a text in quotes as that text: profiles have both."""
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1].strip() if quoted else text


def _within(value: int, limit: int) -> int:
    return min(value, limit) if limit else value
