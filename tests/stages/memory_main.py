"""The most memory (VmHWM, in bytes) that a process takes to prepare a set of JPEGs, or for an epoch of it.

Arguments: what to do ("prepare", "epoch" or "whole", which reads all at once), the folder of the JPEGs in folders,
the folder for the set.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from hembench.datasets._pictures import of_tree
from hembench.engine import samples, streamed
from hembench.sets.shards import read as read_set
from hembench.stages import prepare_shards
from hembench.stages.api import Inputs
from hembench.store import artefact
from hembench.store.environment import Meter
from hembench.store.state import State

PER_SHARD = 32
streamed.WINDOW = 2 * PER_SHARD  # type: ignore[misc]


def prepare(tree: Path, folder: Path) -> None:
    count = sum(1 for _ in tree.glob("*/*"))
    options = {
        "dataset": "tree",
        "set": "train",
        "options": {"side": 224, "short": 256},
        "num_classes": 2,
        "images": count,
        "per_shard": PER_SHARD,
    }
    state = State(folder, "tree", Meter())
    inputs = Inputs(plugins={"read": of_tree}, raw=tree, state=state)
    artefact.publish(folder, prepare_shards.compute(inputs, options), {})


def epoch(folder: Path) -> None:
    images = samples.on_device(read_set(folder)["images"], torch.device("cpu"))
    order = samples.order_of(images, torch.Generator().manual_seed(0))
    for batch in samples.batches_of(images, torch.split(order, 32)):
        batch.float().div_(255).sum()
    for batch in samples.in_order(images, 32):
        batch.float().div_(255).sum()


what, tree, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
Path("/proc/self/clear_refs").write_text("5")  # imports took their own peak
if what == "prepare":
    prepare(tree, folder)
elif what == "epoch":
    epoch(folder)
else:
    read_set(folder)["images"][:].sum()
lines = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
print(int(lines["VmHWM"].split()[0]) * 1024)
