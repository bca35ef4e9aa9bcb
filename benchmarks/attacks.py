"""What our attack stage adds to torchattacks itself: CPU time of the same shards of the same images, in one run.

    python benchmarks/attacks.py [repeats] [images] [shard]

The stage reads weights and images, attacks shard by shard with the account of what flipped what, predicts before
and after, looks for zero gradients and gathers the result. Beside it: ``torchattacks.AutoAttack`` called directly
on the same shards with the same seeds; it returns the same images (checked). Linf and L2 on a LeNet whose own
answers are the labels, at budgets that leave most images standing, since these cost most, and at one where all
fall to the first part, which is over in a millisecond an image: what we add is then the largest share. Goal: a
ratio of 1.05 where the time goes, that is in the first two lines.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchattacks
from _clock import DEVICE, UNIT, timed, where
from torch import Tensor, nn

from hembench.attacks import autoattack_paper
from hembench.core.streams import seed_of
from hembench.networks import lenet
from hembench.sets import arrays as arrays_set
from hembench.stages import attack
from hembench.stages.api import Inputs
from hembench.store.content import arrays, read_arrays, weights

SHAPE, CLASSES = (1, 28, 28), 10
BUDGETS = [("Linf", 0.004), ("L2", 0.06), ("Linf", 0.3)]


def options(norm: str, eps: float, images: int, shard: int) -> dict[str, Any]:
    return {
        "task": "classification",
        "condition": "made-lenet",
        "seed": 0,
        "dataset": "made",
        "num_classes": CLASSES,
        "image_shape": list(SHAPE),
        "network": {"name": "lenet", "options": {}},
        "attack": {"name": "autoattack_paper", "options": {}},
        "norm": norm,
        "eps": eps,
        "images": images,
        "shard": shard,
    }


def prepared(root: Path, images: int) -> tuple[Inputs, nn.Module, Tensor, Tensor]:
    """Return what the stage reads, and the same as a network, images and labels."""
    torch.manual_seed(0)
    network = lenet.build(CLASSES, SHAPE).eval().to(DEVICE)
    data = np.random.default_rng(0).integers(0, 256, (images, *SHAPE), dtype=np.uint8)
    scaled = torch.from_numpy(data).to(DEVICE).float().div(255)
    with torch.no_grad():
        labels = network(scaled).argmax(1)
    for name in ("network", "clean"):
        (root / name).mkdir()
    weights(network.state_dict())(root / "network" / "weights.safetensors")
    arrays(images=data, labels=labels.cpu().numpy())(root / "clean" / "set.npz")
    inputs = Inputs(
        folders={name: root / name for name in ("network", "clean")},
        plugins={"read_set": arrays_set.read, "network": lenet.build, "attack": autoattack_paper.attack},
        device=DEVICE.type,
    )
    return inputs, network, scaled, labels


def direct(network: nn.Module, images: Tensor, labels: Tensor, norm: str, eps: float, shard: int) -> Tensor:
    parts = []
    for number, place in enumerate(torch.arange(len(images)).split(shard)):
        seed = seed_of("made-lenet", 0, "autoattack_paper", norm, number)
        tool = torchattacks.AutoAttack(
            network, norm=norm, eps=eps, version="standard", n_classes=CLASSES, seed=seed
        )
        parts.append(tool(images[place], labels[place]).detach())
    return torch.cat(parts)


def compared(
    folder: Path,
    made: tuple[Inputs, nn.Module, Tensor, Tensor],
    norm: str,
    eps: float,
    shard: int,
    repeats: int,
) -> str:
    """Return both medians, taken in turns, in words; what the two return is compared."""
    inputs, network, scaled, labels = made
    wanted = options(norm, eps, len(scaled), shard)
    times: dict[str, list[float]] = {"torchattacks": [], "stage": []}
    for _ in range(repeats):
        bare, returned = timed(lambda: direct(network, scaled, labels, norm, eps, shard))
        ours, contents = timed(lambda: attack.compute(inputs, wanted))
        times["torchattacks"].append(bare)
        times["stage"].append(ours)
    contents["attack.npz"](folder / "attack.npz")
    rows = read_arrays(folder / "attack.npz")
    change = (returned - scaled).flatten(1)
    distance = change.abs().amax(1) if norm == "Linf" else torch.linalg.vector_norm(change, dim=1)
    if not np.array_equal(rows["distance"], distance.cpu().numpy()):
        raise SystemExit(f"{norm} {eps}: the stage and torchattacks returned other images.")
    bare, ours = (float(np.median(times[kind])) for kind in ("torchattacks", "stage"))
    left = (rows["fooled_by"] == -1).sum()
    words = f"{norm:5} {eps:<6} torchattacks {bare:7.3f}, stage {ours:7.3f} {UNIT}   ratio {ours / bare:.3f}"
    return f"{words}   {left} of {len(scaled)} images stand"


def main() -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    repeats, images, shard = (int(text) for text in (sys.argv[1:] + ["3", "60", "20"][len(sys.argv) - 1 :])[:3])
    print(f"{images} images of 28x28 in shards of {shard}, LeNet, {where()}, median of {repeats}")
    with tempfile.TemporaryDirectory() as folder:
        inputs, network, scaled, labels = prepared(Path(folder), images)
        for norm, eps in BUDGETS:
            print(compared(Path(folder), (inputs, network, scaled, labels), norm, eps, shard, repeats))


if __name__ == "__main__":
    main()
