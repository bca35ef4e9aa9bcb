"""Time of an epoch of the engine over others' loops, all in one run, so that only the ratios count.

Usage: python benchmarks/engine.py [REPEATS [NETWORK ...]]

The bare loop is what one would write by hand: resident float images, torch's optimiser, nothing recorded. The
engine adds seeded streams, division by 255, augmentation where asked, and the history. A ratio of 1 means that
all this is free; the goal is 1.1. The DataLoader is what most papers' code does: torchvision's transform, image by
image, in this process (workers would share the time out, not save it).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from _clock import DEVICE, UNIT, timed, where
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from hembench.augmentations import crop_and_flip
from hembench.core.vision import import_torchvision
from hembench.engine.loop import Trainer
from hembench.networks import convnet, fpn, lenet, mlp, resnet
from hembench.optimisers import adam

CLASSES = 10


class Case(NamedTuple):
    """A network, and on how many images of which shape an epoch is timed, in which batches."""

    build: Callable[..., nn.Module]
    shape: tuple[int, int, int]
    images: int
    batch: int
    dense: bool = False
    """A label for each pixel; then there are the bare loop and the engine alone."""


GREY = ((1, 28, 28), 12_800, 128)
CASES = {
    "lenet": Case(lenet.build, *GREY),
    "mlp": Case(mlp.build, *GREY),
    "convnet": Case(convnet.build, *GREY),
    "resnet18": Case(partial(resnet.build, depth=18), (3, 32, 32), 128, 32),
    "fpn": Case(fpn.build, (3, 128, 160), 12, 4, dense=True),
}


def recipe(batch: int, crop: int) -> dict[str, Any]:
    return {
        "optimiser": {"name": "adam", "learning_rate": 1e-3},
        "epochs": 1,
        "batch_size": batch,
        "schedule": {"milestones": [], "factor": 0.1},
        "warmup": {"epochs": 0, "start_factor": 0.01},
        "augmentation": {"name": "crop_and_flip", "flip": True, "crop_padding": crop} if crop else None,
        "precision": "float32",
        "channels_last": False,
        "compile": False,
        "processes": 1,
    }


class Pictures(Dataset[tuple[Tensor, int]]):
    """One picture at a time through torchvision's transform, as torchvision's own data-sets do."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.images, self.labels = images.cpu().numpy(), labels.tolist()
        self.transform = import_torchvision().transforms.ToTensor()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.images[index].transpose(1, 2, 0).squeeze())
        return self.transform(picture), self.labels[index]


def epoch(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    criterion = nn.CrossEntropyLoss()
    for images, labels in batches:
        loss = criterion(model(images.to(DEVICE)), labels.to(DEVICE))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def bare(images: Tensor, labels: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    for batch in torch.split(torch.randperm(len(images)), size):
        yield images[batch], labels[batch]


def measure(case: Case, repeats: int) -> dict[str, float]:
    """Return the median time of an epoch of each kind, taken in turns."""
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (case.images, *case.shape), dtype=np.uint8)).to(DEVICE)
    labels = torch.from_numpy(rng.integers(0, CLASSES, (case.images, *(case.shape[1:] if case.dense else ())))).to(
        DEVICE
    )
    resident = images.float() / 255

    def engine(crop: int) -> float:
        parts: dict[str, Callable[..., Any]] = {"optimiser": adam.build, "augmentation": crop_and_flip.build}
        made = recipe(case.batch, crop)
        model = case.build(CLASSES, case.shape)
        trainer = Trainer(model, nn.CrossEntropyLoss(), images, labels, made, "b", 0, parts)
        return timed(trainer.run)[0]

    def by_hand(batches: Callable[[], Iterable[tuple[Tensor, Tensor]]]) -> float:
        model = case.build(CLASSES, case.shape).to(DEVICE)
        return timed(lambda: epoch(model, batches()))[0]

    kinds: dict[str, Callable[[], float]] = {
        "bare": lambda: by_hand(lambda: bare(resident, labels, case.batch)),
        "engine": lambda: engine(0),
    }
    if not case.dense:
        loader = DataLoader(Pictures(images, labels), batch_size=case.batch, shuffle=True)
        kinds |= {
            "engine with crop and flip": lambda: engine(2),
            "DataLoader": lambda: by_hand(lambda: loader),
        }
    kinds["bare"]()  # the first of torch's optimisers imports its compiler
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(repeats):
        for kind, work in kinds.items():
            times[kind].append(work())
    return {kind: float(np.median(values)) for kind, values in times.items()}


def main() -> None:
    torch.set_num_threads(1)
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{where()}, median of {repeats}")
    for name in sys.argv[2:] or CASES:
        case = CASES[name]
        print(f"{name}: {case.images} images of {'x'.join(map(str, case.shape))}, batches of {case.batch}")
        found = measure(case, repeats)
        for kind, value in found.items():
            print(f"{name:8} {kind:26} {value:7.3f} {UNIT}/epoch   ratio {value / found['bare']:.2f}")


if __name__ == "__main__":
    main()
