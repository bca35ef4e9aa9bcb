"""What our predict stage adds to bare forward passes: CPU time for the same sets and networks, in one run.

    python benchmarks/predict.py [repeats] [images of each set]

The stage reads uint8 sets and weights, predicts the clean, four OOD and five corrupted sets in batches of 1,000
and writes logits. Bare: the same network on float images that lie in memory, in the same batches, results left
where they are. Goal: a ratio of 1.15. Both give the same logits (checked). The MLP's forward pass, some
microseconds an image, costs hardly more than turning bytes into floats, which the bare passes are spared.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _clock import DEVICE, UNIT, timed, where
from torch import Tensor, nn

from hembench.networks import convnet, lenet, mlp
from hembench.sets import arrays as arrays_set
from hembench.stages import predict
from hembench.stages.api import Inputs
from hembench.store.content import arrays, json_file, read_arrays, weights
from hembench.tasks import classification

SHAPE, CLASSES, BATCH, OOD, SEVERITIES = (1, 28, 28), 10, 1000, 4, 5
NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "mlp": mlp.build,
    "lenet": lenet.build,
    "convnet": convnet.build,
}


def prepared(root: Path, images: int) -> dict[str, np.ndarray]:
    """Write the sets where the stage reads them; return their images by the name of their logits."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, images)
    sets = {}
    for role in ("clean", *(f"ood.set{number}" for number in range(OOD)), "corruption.noise"):
        (root / role).mkdir()
        shape = (SEVERITIES, images, *SHAPE) if role.startswith("corruption") else (images, *SHAPE)
        found = rng.integers(0, 256, shape, dtype=np.uint8)
        content: dict[str, Any] = {"images": found}
        if not role.startswith("ood"):
            content["labels"] = labels
        if role.startswith("corruption"):
            content["severities"] = np.arange(SEVERITIES) + 1
            sets |= {f"{role}.{number + 1}": part for number, part in enumerate(found)}
        else:
            sets[role] = found
        arrays(content)(root / role / "set.npz")
    return sets


def bare(network: nn.Module, sets: dict[str, Tensor]) -> dict[str, Tensor]:
    with torch.no_grad():
        return {name: torch.cat([network(part) for part in images.split(BATCH)]) for name, images in sets.items()}


def ours(inputs: Inputs, options: dict[str, Any], out: Path) -> None:
    for name, content in predict.compute(inputs, options).items():
        content(out / name)


def measure(name: str, root: Path, sets: dict[str, Tensor], repeats: int) -> dict[str, float]:
    """Return the median time of each kind, taken in turns."""
    torch.manual_seed(0)
    network = NETWORKS[name](CLASSES, SHAPE).eval().to(DEVICE)
    folder = root / name
    folder.mkdir()
    weights(network.state_dict())(folder / "weights.safetensors")
    json_file({})(folder / "history.json")
    roles = {role: root / role for role in ("clean", "corruption.noise", *(f"ood.set{k}" for k in range(OOD)))}
    inputs = Inputs(
        folders={"network": folder, **roles},
        manifests={"network": {}},
        plugins={"read_set": arrays_set.read, "network": NETWORKS[name], "task": classification.predict},
        device=DEVICE.type,
    )
    options = {
        "task": "classification",
        "batch_size": BATCH,
        "images": None,
        "num_classes": CLASSES,
        "image_shape": list(SHAPE),
        "network": {"name": name, "options": {}},
    }
    expected = bare(network, sets)
    times: dict[str, list[float]] = {"bare": [], "stage": []}
    for _ in range(repeats):
        times["bare"].append(timed(lambda: bare(network, sets))[0])
        times["stage"].append(timed(lambda: ours(inputs, options, folder))[0])
    found = read_arrays(folder / "predictions.npz")
    for label, logits in expected.items():
        if not np.array_equal(found[label], logits.cpu().numpy()):
            raise SystemExit(f"{name}: the stage and the bare forward passes differ on {label}.")
    return {kind: float(np.median(values)) for kind, values in times.items()}


def main() -> None:
    torch.set_num_threads(1)
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    images = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    print(f"{1 + OOD + SEVERITIES} sets of {images} images of 28x28, {where()}, median of {repeats}")
    with tempfile.TemporaryDirectory() as folder:
        sets = {
            name: torch.from_numpy(part).to(DEVICE).float().div(255)
            for name, part in prepared(Path(folder), images).items()
        }
        for name in NETWORKS:
            middle = measure(name, Path(folder), sets, repeats)
            for kind, value in middle.items():
                print(f"{name:8} {kind:6} {value:7.3f} {UNIT}   ratio {value / middle['bare']:.3f}")


if __name__ == "__main__":
    main()
