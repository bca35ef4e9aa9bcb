"""An epoch of photographs, ours out of shards over ImageFolder and DataLoader with the same transform, in one run.

    python benchmarks/data.py [images] [repeats] [workers]

The photographs, 500x375 JPEGs in folders, are made beforehand. Both give batches of 64, in random order, as floats
in [0, 1] of the centre 224x224 after the short side became 256. The DataLoader decodes and resizes in every epoch,
in worker processes (default: one for each core); ours did it once, which is timed, too, and one thread reads uint8
shards. No network is trained. Goal: 3 times the images a second. Times are on the wall, in turns, medians; the
page cache is warm for both.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader

from hembench.core.vision import import_torchvision
from hembench.datasets._pictures import of_tree
from hembench.engine.samples import batches_of, on_device, order_of
from hembench.sets.shards import read as read_set
from hembench.stages import prepare_shards
from hembench.stages.api import Inputs

KINDS, WIDTH, HEIGHT, BATCH = 4, 500, 375, 64


def made_tree(folder: Path, images: int) -> None:
    """Write photographs of smooth colours with some grain: nearly 100 kB each, as ImageNet's are."""
    rng = np.random.default_rng(0)
    for number in range(images):
        coarse = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)).astype(np.int16)
        grain = rng.integers(-12, 13, (HEIGHT, WIDTH, 1), dtype=np.int16)
        path = folder / f"{number % KINDS}" / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((smooth + grain).clip(0, 255).astype(np.uint8)).save(path, quality=92)


def prepare(tree: Path, folder: Path, images: int) -> None:
    options = {
        "dataset": "tree",
        "set": "train",
        "options": {"side": 224, "short": 256},
        "num_classes": KINDS,
        "images": images,
        "per_shard": 128,
    }
    folder.mkdir()
    for name, content in prepare_shards.compute(Inputs(plugins={"read": of_tree}, raw=tree), options).items():
        content(folder / name)


def of_shards(folder: Path) -> Iterable[torch.Tensor]:
    images = on_device(read_set(folder)["images"], torch.device("cpu"))
    numbers = torch.split(order_of(images, torch.Generator().manual_seed(0)), BATCH)
    return (batch.float().div_(255) for batch in batches_of(images, numbers))


def of_loader(tree: Path, workers: int) -> Iterable[torch.Tensor]:
    vision = import_torchvision()
    steps = [vision.transforms.Resize(256), vision.transforms.CenterCrop(224), vision.transforms.ToTensor()]
    photographs = vision.datasets.ImageFolder(tree, vision.transforms.Compose(steps))
    return (batch for batch, _ in DataLoader(photographs, batch_size=BATCH, shuffle=True, num_workers=workers))


def epoch(batches: Iterable[torch.Tensor]) -> float:
    """Return the seconds that an epoch takes whose batches are looked at once."""
    start = time.perf_counter()
    for batch in batches:
        batch.sum()
    return time.perf_counter() - start


def main() -> None:
    torch.set_num_threads(1)
    given = [int(number) for number in sys.argv[1:]]
    cores = len(os.sched_getaffinity(0))
    images, repeats, workers = given + [512, 3, cores][len(given) :]
    with tempfile.TemporaryDirectory() as root:
        tree, folder = Path(root) / "tree", Path(root) / "set"
        made_tree(tree, images)
        start = time.perf_counter()
        prepare(tree, folder, images)
        once = time.perf_counter() - start
        size = sum(path.stat().st_size for path in tree.glob("*/*")) / images
        print(
            f"{images} JPEGs of {WIDTH}x{HEIGHT}, {size / 1000:.0f} kB each; median of {repeats} epochs, in turns"
        )
        kinds: dict[str, Callable[[], Iterable[torch.Tensor]]] = {
            f"ImageFolder, {workers} workers": lambda: of_loader(tree, workers),
            "shards": lambda: of_shards(folder),
        }
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(repeats):
            for kind, batches in kinds.items():
                times[kind].append(epoch(batches()))
    rates = {kind: images / float(np.median(values)) for kind, values in times.items()}
    theirs, ours = rates.values()
    print(f"{'preparing, once':24} {images / once:8.0f} images/s")
    for kind, rate in rates.items():
        print(f"{kind:24} {rate:8.0f} images/s   ratio {rate / theirs:.1f}")
    if ours < 3 * theirs:
        raise SystemExit(f"the goal, 3 times as many, is missed: {ours / theirs:.1f}.")


if __name__ == "__main__":
    main()
