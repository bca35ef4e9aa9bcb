"""Classification: one network, one training set, one label per image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hembench.core.errors import InputError
from hembench.core.streams import seed_of
from hembench.engine.inference import build_seeded, logits, restore
from hembench.engine.loop import Trainer
from hembench.engine.samples import on_device
from hembench.tasks._checked import check_training_set
from hembench.tasks._resumed import run_resumed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt
    from torch import Tensor, nn

    from hembench.core.checkpoint import Checkpoint
    from hembench.engine.samples import Streamable


def train(
    images: npt.NDArray[np.uint8] | Streamable,
    labels: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    options: dict[str, Any],
    parts: Mapping[str, Callable[..., Any]],
    device: str,
    progress: Callable[[float, str], None],
    checkpoint: Checkpoint,
) -> tuple[dict[str, Tensor], dict[str, list[float | None]]]:
    """Train one cell and return (weights on the CPU, history: one number per epoch and quantity).

    Args:
        images: (N, C, H, W), an array or in shards, C, H, W as ``options["image_shape"]``.
        labels: (N,) in [0, num_classes).
        counts: (num_classes,): training samples per class, for losses that need them.
        options: condition, seed, num_classes, image_shape, loss, network and recipe.
        parts: ``build`` of each plug-in: "network" (drawn from the stream (condition, seed, "init")), "loss",
            "optimiser" and, where the recipe has one, "augmentation".
        device: "cpu" or "cuda".
        progress: called with the share done and a few words.
        checkpoint: a saved state is gone on from, and one saved after any step where it is due; the result is the
            same, bit for bit.

    Raises:
        InputError: images or labels don't fit each other or the options.
        StoreError: the saved state is of another training.
    """
    check_training_set(images, labels, options)
    target = torch.device(device)
    network = build_seeded(options, parts["network"], seed_of(options["condition"], options["seed"], "init"))
    loss = parts["loss"](options["num_classes"], [int(count) for count in counts], **options["loss"]["options"])
    trainer = Trainer(
        network,
        loss,
        on_device(images, target),
        torch.from_numpy(labels).to(target),
        options["recipe"],
        options["condition"],
        options["seed"],
        parts,
    )
    run_resumed(trainer, progress, checkpoint)
    return trainer.weights(), trainer.history


def predict(
    images: npt.NDArray[np.uint8] | Streamable,
    state: dict[str, Tensor],
    options: dict[str, Any],
    build_network: Callable[..., nn.Module],
    device: str,
) -> npt.NDArray[np.float32]:
    """Return the logits, float32 (N, num_classes), of uint8 images (N, C, H, W).

    In evaluation mode, in batches of ``options["batch_size"]`` (the last one may be smaller): another batch size
    changes bits, so it is an option. After a training that diverged, logits may be NaN.

    Args:
        images: (N, C, H, W), an array or in shards.
        state: weights by name.
        options: num_classes, image_shape, network and batch_size.
        build_network: the network plug-in's ``build``.
        device: "cpu" or "cuda".

    Raises:
        InputError: images of another shape than the network takes.
    """
    if list(images.shape[1:]) != list(options["image_shape"]):
        raise InputError(f"images have the shape {images.shape}; the network takes {options['image_shape']} each.")
    network = restore(state, options, build_network, device)
    return logits(network, on_device(images, torch.device(device)), options["batch_size"]).numpy()
