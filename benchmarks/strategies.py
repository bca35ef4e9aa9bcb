"""Time of a training step with each strategy of continual learning over a plain step, all in one run.

Usage: python benchmarks/strategies.py [REPEATS]

The paper's MLP at 1x28x28, batches of 128, Adam, one thread, in the last of five episodes: four are behind it, so
every penalty is there. Replay learns twice as many images a step; it is counted per image. What a strategy does at
the end of an episode (EWC goes through its images once more) is not part of a step.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import torch

from hembench.core import plugins
from hembench.engine.loop import Trainer
from hembench.losses import hem
from hembench.networks import mlp
from hembench.optimisers import adam
from hembench.strategies._strategy import Learner
from hembench.tasks._heads import Heads
from hembench.tasks.continual import Episodes

BATCH, STEPS = 128, 60
CLASSES = tuple((first, first + 1) for first in range(0, 10, 2))
LIMITS = {"replay": 1.3, "lwf": 1.3, "lfl": 1.3, "si": 1.2, "ewc": 1.2}
RECIPE: dict[str, Any] = {
    "optimiser": {"name": "adam", "learning_rate": 1e-3},
    "epochs": 1,
    "batch_size": BATCH,
    "schedule": {"milestones": [], "factor": 0.1},
    "warmup": {"epochs": 0, "start_factor": 0.01},
    "augmentation": None,
    "precision": "float32",
    "channels_last": False,
    "compile": False,
    "processes": 1,
}


def trainer(strategy: str) -> Trainer:
    """Return a training whose first four episodes are short and whose last one has ``STEPS`` steps."""
    rng = np.random.default_rng(0)
    sizes = [2 * BATCH] * 4 + [STEPS * BATCH]
    ends = np.cumsum(sizes)
    labels = np.concatenate([rng.choice(pair, size) for pair, size in zip(CLASSES, sizes, strict=True)])
    images = torch.from_numpy(rng.integers(0, 256, (len(labels), 1, 28, 28), dtype=np.uint8))
    targets = torch.from_numpy(labels)
    network = mlp.build(10, (1, 28, 28))
    heads = Heads(CLASSES, "all", [6000] * 10, hem.build)
    episodes = tuple(torch.arange(end - size, end) for size, end in zip(sizes, ends, strict=True))
    learner = Learner(network, heads.of_head, heads.head, targets, episodes, CLASSES, False, "b", 0)
    course = Episodes(plugins.load("strategies", strategy).build(learner), heads, RECIPE["epochs"])
    return Trainer(network, heads, images, targets, RECIPE, "b", 0, {"optimiser": adam.build}, course)


def seconds(strategy: str) -> list[float]:
    """Return CPU-seconds of each step of the last episode, the first one left out."""
    made = trainer(strategy)
    made.run(pause=lambda: made.epoch == 4)
    ends: list[float] = []

    def ended() -> bool:
        ends.append(time.process_time())
        return len(ends) == STEPS - 1

    made.run(pause=ended)
    steps = np.diff(ends)
    return list(steps / 2 if strategy == "replay" else steps)


def main() -> None:
    torch.set_num_threads(1)
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    names = ["naive", *(name for name in plugins.names("strategies") if name != "naive")]
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(repeats):
        for name in names:
            times[name] += seconds(name)
    # a quartile: the steps that other work on these cores pushed out of the caches say nothing of the strategy
    found = {name: float(np.quantile(values, 0.25)) for name, values in times.items()}
    print(f"one thread, lower quartile of {repeats} times {STEPS - 2} steps; limits of the ratio: {LIMITS}")
    for name, value in found.items():
        print(f"{name:8} {1000 * value:7.2f} CPU-ms/step   ratio {value / found['naive']:.2f}")


if __name__ == "__main__":
    main()
