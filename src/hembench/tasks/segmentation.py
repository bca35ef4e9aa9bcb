"""Semantic segmentation: one network, a label for each pixel.

A set's labels travel as the last channel of its images, uint8 (N, C + 1, H, W): what crops or flips a picture does
the same to its labels, on the device, from the same stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from hembench.core.errors import InputError
from hembench.core.streams import seed_of
from hembench.engine.course import Course
from hembench.engine.determinism import deterministic
from hembench.engine.inference import build_seeded, restore
from hembench.engine.loop import Trainer
from hembench.engine.samples import Streamable, on_device
from hembench.metrics._confusion import confusion_of
from hembench.tasks._normalised import normalised
from hembench.tasks._resumed import run_resumed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt
    from torch import Generator, Tensor, nn

    from hembench.core.checkpoint import Checkpoint


class Readable(Streamable, Protocol):
    """Images uint8 (N, C + 1, H, W) that fit no memory, of which some can be read."""

    def __getitem__(self, which: slice, /) -> npt.NDArray[np.uint8]:
        """Return some, read."""


UNKNOWN = -100
"""What losses and the loop take for a pixel without label."""


def train(
    images: npt.NDArray[np.uint8] | Streamable,
    counts: npt.NDArray[np.float64] | None,
    encoder: Mapping[str, Tensor] | None,
    options: dict[str, Any],
    parts: Mapping[str, Callable[..., Any]],
    device: str,
    progress: Callable[[float, str], None],
    checkpoint: Checkpoint,
) -> tuple[dict[str, Tensor], dict[str, list[float | None]]]:
    """Train one cell and return (weights on the CPU, history: one number per epoch and quantity).

    Args:
        images: (N, C + 1, H, W), an array or in shards, C, H, W as ``options["image_shape"]``; the last channel
            holds the labels, in [0, num_classes) or ``options["ignored"]``.
        counts: (num_classes,): training samples per class, for losses that need them.
        encoder: weights by name that the network's encoder starts from; None: all are drawn.
        options: condition, seed, num_classes, image_shape, ignored, normalise (mean and std by channel, or None:
            pixels in [0, 1]), loss, network and recipe.
        parts: ``build`` of each plug-in: "network" (drawn from the stream (condition, seed, "init")), "loss",
            "optimiser" and, where the recipe has one, "augmentation".
        device: "cpu" or "cuda".
        progress: called with the share done and a few words.
        checkpoint: a saved state is gone on from, and one saved after any step where it is due; the result is the
            same, bit for bit.

    Raises:
        InputError: images don't fit the options, the encoder's weights don't fit the network, there are to be
            several processes, or the augmentation leaves labels behind.
        StoreError: the saved state is of another training.
    """
    check_images(images, options)
    if options["recipe"]["processes"] != 1:
        raise InputError(
            f"segmentation trains in one process; the recipe says processes: {options['recipe']['processes']}."
        )
    build = normalised(options, parts["network"])
    network = build_seeded(options, build, seed_of(options["condition"], options["seed"], "init"))
    if encoder is not None:
        begin_with(network, encoder)
    of_classes = None if counts is None else counts.tolist()
    loss = parts["loss"](options["num_classes"], of_classes, UNKNOWN, **options["loss"]["options"])
    target = torch.device(device)
    trainer = Trainer(
        network,
        loss,
        on_device(images, target),
        torch.zeros(len(images), dtype=torch.int64, device=target),
        options["recipe"],
        options["condition"],
        options["seed"],
        {**parts, "augmentation": lambda **given: Joint(parts["augmentation"](**given))},
        Pixels(options["ignored"]),
    )
    run_resumed(trainer, progress, checkpoint)
    return trainer.weights(), trainer.history


def predict(
    images: npt.NDArray[np.uint8] | Readable,
    first: int,
    state: dict[str, Tensor],
    options: dict[str, Any],
    build_network: Callable[..., nn.Module],
    device: str,
) -> Iterator[tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]]:
    """Yield, batch by batch, the predicted classes, uint8 (n, H, W), and confusion matrices, int64 (n, C, C).

    The largest logit is predicted; after a training that diverged, that is class 0 everywhere. Pixels whose label
    is ignored are in no matrix.

    Args:
        images: (N, C + 1, H, W) with labels as in :func:`train`, an array or in shards.
        first: image to begin with, a multiple of the batch size.
        state: weights by name.
        options: num_classes, image_shape, ignored, normalise, network and batch_size (another one changes bits).
        build_network: the network plug-in's ``build``.
        device: "cpu" or "cuda".

    Raises:
        InputError: images of another shape than the network takes.
    """
    check_images(images, options)
    network = restore(state, options, normalised(options, build_network), device)
    target = torch.device(device)
    for start in range(first, len(images), options["batch_size"]):
        some = np.asarray(images[start : start + options["batch_size"]])
        batch = torch.from_numpy(some[:, :-1].copy()).to(target)
        with deterministic(target), torch.no_grad():
            said = torch.nan_to_num(network(batch.float().div_(255)).float(), nan=-torch.inf)
            predicted = said.argmax(1).to("cpu", torch.uint8).numpy()
        yield predicted, confusion_of(predicted, some[:, -1], options["num_classes"], options["ignored"])


def check_images(images: npt.NDArray[np.uint8] | Streamable, options: dict[str, Any]) -> None:
    """Refuse images of another shape than (N, C + 1, H, W).

    Raises:
        InputError: they are.
    """
    channels, *sides = options["image_shape"]
    if list(images.shape[1:]) != [channels + 1, *sides]:
        raise InputError(
            f"the set has images {images.shape}; expected (N, {channels + 1}, {', '.join(map(str, sides))}): "
            "the last channel holds the labels."
        )


def begin_with(network: nn.Module, encoder: Mapping[str, Tensor]) -> None:
    """Give a network's encoder its weights.

    Raises:
        InputError: it has no encoder, or one with other parameters.
    """
    found = dict(network.named_modules())
    module = next((found[name] for name in ("encoder", "network.encoder") if name in found), None)
    if module is None:
        raise InputError("the network has no part named encoder: it can't begin with weights of one.")
    try:
        module.load_state_dict(dict(encoder))
    except RuntimeError as error:
        raise InputError(f"the weights are not of this network's encoder: {error}") from None


class Joint:
    """An augmentation of pictures and, alike, of their labels, which are the last channel."""

    def __init__(self, augmentation: Any) -> None:
        """Take an augmentation that has ``apply_to_labels``.

        Raises:
            InputError: it has not.
        """
        if not hasattr(augmentation, "apply_to_labels"):
            raise InputError(
                f"{type(augmentation).__name__} changes pictures and leaves the labels of their pixels behind: "
                "name an augmentation that has apply_to_labels."
            )
        self._inner = augmentation

    def draw(self, count: int, generator: Generator) -> Any:
        """Return what happens to each of ``count`` pictures."""
        return self._inner.draw(count, generator)

    def apply(self, images: Tensor, drawn: Any) -> Tensor:
        """Return pictures and labels, uint8 (N, C + 1, H, W), changed."""
        pictures = self._inner.apply(images[:, :-1], drawn)
        labels = self._inner.apply_to_labels(images[:, -1], drawn)
        return torch.cat([pictures, labels.unsqueeze(1)], dim=1)


class Pixels(Course):
    """The course of a training whose labels are the last channel of its images."""

    def __init__(self, ignored: int) -> None:
        """Take the label of pixels that take no part."""
        self._ignored = ignored

    def split(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return pictures (n, C, H, W) and labels int64 (n, H, W), ``UNKNOWN`` where there is none."""
        del labels
        found = images[:, -1].long()
        return images[:, :-1], found.masked_fill(found == self._ignored, UNKNOWN)
