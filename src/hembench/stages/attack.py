"""attack: one cell, attack and norm. Reads weights and the test set; writes what became of each attacked image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hembench.attacks._result import WRONG_BEFORE
from hembench.core.errors import ConfigError
from hembench.core.streams import numpy_stream, seed_of
from hembench.engine.determinism import deterministic
from hembench.engine.inference import logits, restore
from hembench.engine.state import from_bytes, to_bytes
from hembench.store.content import arrays, json_file, read_weights

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor

    from hembench.stages.api import Content, Inputs

SCHEMA = 1
"""Number of the folder's layout: attack.npz (one row per attacked image), attack.json (names of parts, flags)."""


def compute(inputs: Inputs, options: dict[str, Any]) -> dict[str, Content]:
    """Attack a subset of the test set in shards of fixed size.

    Roles: "network" (the training), "clean" (the test set). Each shard has a seed of its own, so the order of the
    shards, or an interruption between them, changes no byte. ``attack.npz`` holds index (n,) into the test set,
    labels (n,), clean_logits and logits float32 (n, num_classes) before and after, fooled_by int8 (n,): index
    into ``attacks`` of attack.json, -1 nothing flipped it, -2 wrong before; distance float32 (n,) in the norm.
    Flags are shares over the images that were right before; ``unconfirmed_share``: fooled by the attack's own
    account, yet right again when predicted with its whole shard (a matter of the last bit, near 0).

    Raises:
        ConfigError: the study asks for more images than the test set has.
    """
    data = inputs.plugins["read_set"](inputs.folders["clean"])
    index = subset(len(data["images"]), options["images"], options["dataset"])
    images = torch.from_numpy(data["images"][index]).to(inputs.device).float().div_(255)
    labels = torch.from_numpy(data["labels"][index]).to(inputs.device)
    state = read_weights(inputs.folders["network"] / "weights.safetensors")
    network = restore(state, options, inputs.plugins["network"], inputs.device)
    count = -(-len(index) // options["shard"])
    saved = inputs.state.load()
    shards = [] if saved is None else shards_from_bytes(saved)
    for number in range(len(shards), count):
        inputs.progress(number / count, f"shard {number + 1} of {count}")
        part = slice(number * options["shard"], (number + 1) * options["shard"])
        shards.append(attack_shard(inputs, options, network, images[part], labels[part], number))
        if inputs.state.due():
            inputs.state.save(shards_to_bytes(shards), f"shard {number + 1} of {count}")
    rows = {name: np.concatenate([shard.rows[name] for shard in shards]) for name in shards[0].rows}
    flags = {name: np.concatenate([shard.flags[name] for shard in shards]) for name in shards[0].flags}
    attacked = rows["fooled_by"] != WRONG_BEFORE
    shares = {
        f"{name}_share": float((flag & attacked).sum() / max(attacked.sum(), 1)) for name, flag in flags.items()
    }
    return {
        "attack.npz": arrays({"index": index, "labels": data["labels"][index], **rows}),
        "attack.json": json_file({"attacks": list(shards[0].attacks), "flags": shares}),
    }


@dataclass(frozen=True)
class Shard:
    """What became of one shard: arrays with one row per image, flags bool (n,), and the attack's parts."""

    rows: dict[str, npt.NDArray[Any]]
    flags: dict[str, npt.NDArray[np.bool_]]
    attacks: tuple[str, ...]


def shards_to_bytes(shards: list[Shard]) -> bytes:
    """Return finished shards, numbered from 0, as bytes."""
    content = {
        str(number): {
            "rows": {name: torch.from_numpy(values) for name, values in shard.rows.items()},
            "flags": {name: torch.from_numpy(values) for name, values in shard.flags.items()},
            "attacks": list(shard.attacks),
        }
        for number, shard in enumerate(shards)
    }
    return to_bytes(content)


def shards_from_bytes(content: bytes) -> list[Shard]:
    """Return the shards that :func:`shards_to_bytes` wrote."""
    saved = from_bytes(content)
    return [
        Shard(
            {name: values.numpy() for name, values in saved[str(number)]["rows"].items()},
            {name: values.numpy() for name, values in saved[str(number)]["flags"].items()},
            tuple(saved[str(number)]["attacks"]),
        )
        for number in range(len(saved))
    ]


def subset(available: int, wanted: int, dataset: str) -> npt.NDArray[np.int64]:
    """Return which test images are attacked: sorted numbers, from the data-set's stream, so the same for all.

    Raises:
        ConfigError: more are wanted than there are.
    """
    if wanted > available:
        raise ConfigError(
            f"the study attacks {wanted} images, but the test set of {dataset!r} has {available}: "
            f"set `images:` of the attack to at most {available}."
        )
    order = numpy_stream(dataset, "attacked subset").permutation(available)
    return np.sort(order[:wanted]).astype(np.int64)


def attack_shard(
    inputs: Inputs, options: dict[str, Any], network: torch.nn.Module, images: Tensor, labels: Tensor, number: int
) -> Shard:
    """Attack one shard. It knows no other shard.

    Args:
        inputs: for the attack plug-in.
        options: of the stage.
        network: in evaluation mode, on the images' device.
        images: float32 (N, C, H, W) in [0, 1].
        labels: int64 (N,).
        number: of the shard, a part of its seed.
    """
    name, norm = options["attack"]["name"], options["norm"]
    seed = seed_of(options["condition"], options["seed"], name, norm, number)
    budget = {"norm": norm, "eps": options["eps"], "num_classes": options["num_classes"]}
    with deterministic(images.device):
        attacked = inputs.plugins["attack"](
            network, images, labels, seed, **budget, **options["attack"]["options"]
        )
    change = (attacked.images - images).flatten(1)
    distance = change.abs().amax(1) if norm == "Linf" else torch.linalg.vector_norm(change, dim=1)
    after = logits(network, attacked.images, options["shard"])
    rows = {
        "clean_logits": logits(network, images, options["shard"]).numpy(),
        "logits": after.numpy(),
        "fooled_by": attacked.fooled_by.cpu().numpy(),
        "distance": distance.cpu().numpy(),
    }
    unconfirmed = (attacked.fooled_by >= 0).cpu() & (after.argmax(1) == labels.cpu())
    flags = {flag: values.cpu().numpy() for flag, values in attacked.flags.items()}
    return Shard(rows, {**flags, "unconfirmed": unconfirmed.numpy()}, attacked.attacks)
