"""Time of an epoch of the engine over a bare loop on tensors, both in one run, so that only the ratio counts.

Usage: python benchmarks/engine.py [REPEATS]

The bare loop is what one would write by hand: resident float images, torch's optimiser, nothing recorded. The
engine adds seeded streams, division by 255, augmentation where asked, and the history. A ratio of 1 means that
all this is free.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hembench.engine.loop import Trainer
from hembench.networks import convnet, mlp

IMAGES, SIDE, CLASSES = 12_800, 28, 10


def recipe(crop: int) -> dict[str, Any]:
    return {
        "optimiser": {
            "name": "adam",
            "learning_rate": 1e-3,
            "momentum": 0.0,
            "weight_decay": 0.0,
            "nesterov": False,
        },
        "epochs": 1,
        "batch_size": 128,
        "schedule": {"milestones": [], "factor": 0.1},
        "warmup": {"epochs": 0, "start_factor": 0.01},
        "augmentation": {"flip": crop > 0, "crop_padding": crop},
        "precision": "float32",
        "channels_last": False,
    }


def bare_epoch(model: nn.Module, images: Tensor, labels: Tensor) -> None:
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    criterion = nn.CrossEntropyLoss()
    for batch in torch.split(torch.randperm(len(images)), 128):
        loss = criterion(model(images[batch]), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def measure(build: Callable[..., nn.Module], repeats: int) -> dict[str, float]:
    """Return the median CPU-seconds of an epoch of each kind, taken in turns."""
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (IMAGES, 1, SIDE, SIDE), dtype=np.uint8))
    labels = torch.from_numpy(rng.integers(0, CLASSES, IMAGES))
    resident = images.float() / 255

    def engine(crop: int) -> float:
        trainer = Trainer(
            build(CLASSES, (1, SIDE, SIDE)), nn.CrossEntropyLoss(), images, labels, recipe(crop), "b", 0
        )
        return seconds(trainer.run)

    def bare() -> float:
        model = build(CLASSES, (1, SIDE, SIDE))
        return seconds(lambda: bare_epoch(model, resident, labels))

    bare()  # the first of torch's optimisers imports its compiler
    times: dict[str, list[float]] = {"bare": [], "engine": [], "engine with crop and flip": []}
    for _ in range(repeats):
        times["bare"].append(bare())
        times["engine"].append(engine(0))
        times["engine with crop and flip"].append(engine(2))
    return {kind: float(np.median(values)) for kind, values in times.items()}


def main() -> None:
    torch.set_num_threads(1)
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{IMAGES} images of {SIDE}x{SIDE}, batches of 128, one thread, median of {repeats}")
    for name, build in (("mlp", mlp.build), ("convnet", convnet.build)):
        found = measure(build, repeats)
        for kind, value in found.items():
            print(f"{name:8} {kind:26} {value:7.2f} CPU-s/epoch   ratio {value / found['bare']:.2f}")


if __name__ == "__main__":
    main()
