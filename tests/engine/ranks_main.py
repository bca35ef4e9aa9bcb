"""One rank of test_ranks.py: python ranks_main.py RANK RANKS FOLDER. Not a test by itself.

Each case is trained step by step; the weights after every step, the history and the state at one place are kept.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn

from hembench.core import plugins
from hembench.core.errors import InputError
from hembench.engine.loop import Trainer
from hembench.engine.precision import LossScale
from hembench.engine.ranks import Ranks
from hembench.engine.samples import on_device
from hembench.engine.state import from_bytes, to_bytes
from hembench.sets.shards import read as read_set
from hembench.stages._shards import in_shards
from hembench.stages.api import Inputs

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hembench.engine.samples import Streamable

CLASSES, SAMPLES = 4, 70
COUNTS = [40, 15, 10, 5]


def data() -> tuple[Tensor, Tensor]:
    """Return 70 images and their labels, the classes unevenly spread."""
    images = torch.randint(
        0, 256, (SAMPLES, 1, 6, 6), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    return images, torch.repeat_interleave(torch.arange(CLASSES), torch.tensor(COUNTS))


def network(extra: str = "") -> nn.Module:
    """Return a small network without batch normalisation, but for ``extra``: "norm", "dropout" or "unused"."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, CLASSES)]
        if extra == "norm":
            layers.insert(1, nn.BatchNorm2d(4))
        if extra == "dropout":
            layers.insert(3, nn.Dropout(0.5))
        model = nn.Sequential(*layers)
        if extra == "unused":
            model[0].unused = nn.Linear(2, 2)  # parameters that no output depends on
        return model


def stored(folder: Path, images: npt.NDArray[np.uint8]) -> Streamable:
    """Return the images, read from shards of 9 below ``folder``."""
    place = Path(tempfile.mkdtemp(dir=folder))
    for name, content in in_shards(lambda a, b: images[a:b], images.shape, {}, 9, Inputs()).items():
        content(place / name)
    return cast("Streamable", read_set(place)["images"])


def trainer(case: dict[str, Any], processes: int) -> Trainer:
    """Return the trainer of a case."""
    loss = plugins.load("losses", case["loss"]).build(CLASSES, COUNTS, **case.get("options", {}))
    recipe = case["recipe"] | {"processes": processes}
    parts = {
        "optimiser": plugins.load("optimisers", recipe["optimiser"]["name"]).build,
        "augmentation": plugins.load("augmentations", recipe["augmentation"]["name"]).build,
    }
    images, labels = data()
    if "shards" in case:
        images = on_device(stored(Path(case["shards"]), images.numpy()), torch.device("cpu"))
    return Trainer(network(case.get("extra", "")), loss, images, labels, recipe, "c", 0, parts)


def trained(case: dict[str, Any], processes: int, resume_at: int = -1) -> dict[str, Any]:
    """Train to the end; after step ``resume_at`` go on from the saved state in a trainer of its own.

    Returns:
        weights after every step, history, the sizes of the parts, and the global generator's seed at each step.
    """
    made, steps, sizes, seeds = trainer(case, processes), [], [], []
    handle = nn.modules.module.register_module_forward_hook(
        lambda module, *_: seeds.append(torch.initial_seed()) if isinstance(module, nn.Sequential) else None
    )
    while True:
        finished = made.run(pause=lambda: True)  # after every step
        if finished:
            break
        steps.append(made.weights())
        sizes.append(len(made.ranks.part(made._batches()[made.step - 1])))
        if len(steps) == resume_at:
            content = [to_bytes(made.state()) if made.ranks.number == 0 else b""]
            if processes > 1:
                if made.ranks.number:
                    made.state()  # all ranks together
                dist.broadcast_object_list(content)
            made = trainer(case, processes)
            made.restore(from_bytes(content[0]))
    handle.remove()
    return {"steps": steps, "sizes": sizes, "seeds": seeds, "history": made.history}


def overflowed(rank: int) -> dict[str, Any]:
    """Return what float16's loss scale does where one rank's gradient is not finite."""
    parameter, scale, ranks = nn.Parameter(torch.zeros(3)), LossScale("float16"), Ranks(dist.get_world_size())
    seen = []
    for value in (float("inf") if rank else 1.0, 65536.0):
        parameter.grad = torch.full((3,), value)
        ranks.average_gradients([parameter])
        seen.append((scale.unscale([parameter]), scale.scale, parameter.grad if parameter.grad is None else 1))
    return {"seen": seen}


def refused(rank: int) -> str:
    """Return the message where only the first rank has a gradient."""
    parameter = nn.Parameter(torch.zeros(3))
    parameter.grad = torch.zeros(3) if rank == 0 else None
    try:
        Ranks(dist.get_world_size()).average_gradients([parameter])
    except InputError as error:
        return str(error)
    return ""


def main(rank: int, ranks: int, folder: Path) -> None:
    torch.set_num_threads(1)
    if ranks > 1:
        dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=ranks)
    results = {
        case["id"]: trained(case, ranks, case.get("resume_at", -1))
        for case in json.loads((folder / "cases.json").read_text())
    }
    if ranks > 1:
        results["overflow"] = overflowed(rank)
        results["refused"] = {"message": refused(rank)}
        dist.destroy_process_group()
    torch.save(results, folder / f"{rank}of{ranks}.pt")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
