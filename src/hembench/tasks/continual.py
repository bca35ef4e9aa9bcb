"""Continual learning: one network learns a data-set in episodes, one after the other, by a strategy.

A strategy (strategies/) and a division into episodes (episodes/) are plug-ins; the loop is that of classification.
The weights are kept from before the training and after each episode, so that any number about forgetting can be
had from predictions.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from hembench.core.errors import InputError
from hembench.core.streams import numpy_stream, seed_of
from hembench.core.tensors import copied
from hembench.engine.course import Course
from hembench.engine.inference import build_seeded, logits, restore
from hembench.engine.loop import Trainer
from hembench.strategies._strategy import Learner, Strategy
from hembench.tasks._checked import check_training_set
from hembench.tasks._heads import Heads
from hembench.tasks._normalised import normalised
from hembench.tasks._resumed import run_resumed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from hembench.core.checkpoint import Checkpoint
    from hembench.episodes._episode import Episode


def train(
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    options: dict[str, Any],
    parts: Mapping[str, Callable[..., Any]],
    device: str,
    progress: Callable[[float, str], None],
    checkpoint: Checkpoint,
) -> tuple[dict[str, Tensor], dict[str, list[float | None]]]:
    """Train one cell; return (weights on the CPU, history: one number per epoch of all episodes and quantity).

    Weights are named ``after<k>.<name>``: after k episodes, 0 before the training. Where a training diverged, they
    are from then on those that it ended with.

    Args:
        images: (N, C, H, W), C, H, W as ``options["image_shape"]``.
        labels: (N,) in [0, num_classes).
        counts: (num_classes,): training images per class of the whole data-set.
        options: condition, seed, num_classes, image_shape, loss, network and recipe (its epochs are those of one
            episode); "episodes" and "strategy" (each name and options); "incremental" ("class", "domain" or
            "task"); "units" (see ``Heads``); "normalise" (mean and std by channel, or None: pixels in [0, 1]);
            "optimiser" ("kept": one for all episodes, "new": each begins with a new one); "held_out" (share of
            each episode's images, in [0, 1), that is not learnt); "counts" ("dataset" or "episode": images by
            which a loss counts, those held out not among the latter's).
        parts: functions of the plug-ins: "network" (drawn from the stream (condition, seed, "init")), "loss",
            "optimiser", "strategy", "episodes" and, where the recipe has one, "augmentation".
        device: "cpu" or "cuda".
        progress: called with the share done and a few words.
        checkpoint: a saved state is gone on from, and one saved after any step where it is due; the result is the
            same, bit for bit.

    Raises:
        InputError: images, labels, episodes or units don't fit each other or the options, or there are to be
            several processes.
        StoreError: the saved state is of another training.
    """
    check_training_set(images, labels, options)
    if options["recipe"]["processes"] != 1:
        raise InputError(
            "continual learning trains in one process; the recipe says "
            f"processes: {options['recipe']['processes']}."
        )
    episodes = divided(options, parts)
    stream, targets, numbers = joined(images, labels, episodes)
    target = torch.device(device)
    learner, heads = _learner(episodes, numbers, targets, counts, options, parts, target)
    strategy = parts["strategy"](learner, **options["strategy"]["options"])
    course = Episodes(strategy, heads, options["recipe"]["epochs"])
    trainer = Trainer(
        learner.model,
        heads,
        torch.from_numpy(stream).to(target),
        learner.labels,
        options["recipe"],
        options["condition"],
        options["seed"],
        parts,
        course,
    )
    if options["optimiser"] == "new":  # as it is now: nothing learnt
        course.renew = partial(trainer.optimiser.restore, trainer.optimiser.state())
    run_resumed(trainer, progress, checkpoint)
    while len(course.kept) <= len(episodes):
        course.kept.append(trainer.weights())
    found = {f"after{n}.{name}": one for n, kept in enumerate(course.kept) for name, one in kept.items()}
    return found, trainer.history


def _learner(
    episodes: Sequence[Episode],
    numbers: Sequence[npt.NDArray[np.int64]],
    labels: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    options: dict[str, Any],
    parts: Mapping[str, Callable[..., Any]],
    device: torch.device,
) -> tuple[Learner, Heads]:
    """Return what a strategy knows of the training, with a network just drawn, and the criterion.

    Args:
        episodes: of the cell.
        numbers: the numbers of each episode's images, those held out among them.
        labels: of all images.
        counts: see :func:`train`, as options and parts.
        options: of the training.
        parts: functions of the plug-ins.
        device: where all of it is to be.
    """
    kept = [learnt(each, number, options) for number, each in enumerate(numbers)]
    classes = tuple(episode.classes for episode in episodes)
    heads = Heads(
        classes,
        options["units"],
        counts.tolist(),
        lambda size, of_units: parts["loss"](size, of_units, **options["loss"]["options"]),
        [len(each) for each in kept] if options["counts"] == "episode" else None,
    ).to(device)
    stream = seed_of(options["condition"], options["seed"], "init")
    learner = Learner(
        build_seeded(options, normalised(options, parts["network"]), stream).to(device),
        heads.of_head,
        heads.head,
        torch.from_numpy(labels).to(device),
        tuple(torch.from_numpy(each).to(device) for each in kept),
        classes,
        options["incremental"] == "task",
        options["condition"],
        options["seed"],
    )
    return learner, heads


def predict(
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    state: dict[str, Tensor],
    options: dict[str, Any],
    parts: Mapping[str, Callable[..., Any]],
    device: str,
) -> dict[str, npt.NDArray[Any]]:
    """Return what the network says of each episode's test images, before the training and after each episode.

    Args:
        images: the data-set's test images, (N, C, H, W).
        labels: (N,).
        state: weights by name, as :func:`train` returns them.
        options: seed, num_classes, image_shape, network, episodes, normalise and batch_size (another one changes
            bits).
        parts: functions of the plug-ins "network" and "episodes".
        device: "cpu" or "cuda".

    Returns:
        "after<k>.episode<j>": float32 logits (n_j, num_classes) after k episodes, j from 1; "labels.episode<j>":
        int64 (n_j,); "classes.episode<j>": the episode's classes, in its order.
    """
    found: dict[str, npt.NDArray[Any]] = {}
    tests = []
    for number, episode in enumerate(divided(options, parts), start=1):
        chosen = episode.numbers(labels)
        tests.append(torch.from_numpy(episode.changed(images[chosen])).to(device))
        found[f"labels.episode{number}"] = labels[chosen]
        found[f"classes.episode{number}"] = np.array(episode.classes, dtype=np.int64)
    build = normalised(options, parts["network"])
    for after in range(len(tests) + 1):
        network = restore(weights_after(after, state), options, build, device)
        for number, test in enumerate(tests, start=1):
            found[f"after{after}.episode{number}"] = logits(network, test, options["batch_size"]).numpy()
    return found


def weights_after(episodes: int | None, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights after so many episodes, 0 before the training; None: after the last one."""
    numbers = {int(name.partition(".")[0].removeprefix("after")) for name in state}
    prefix = f"after{max(numbers) if episodes is None else episodes}."
    return {name.removeprefix(prefix): one for name, one in state.items() if name.startswith(prefix)}


def divided(options: dict[str, Any], parts: Mapping[str, Callable[..., Any]]) -> list[Episode]:
    """Return the episodes of a cell, by its benchmark and seed alone."""
    episodes: list[Episode] = parts["episodes"](
        options["seed"],
        options["num_classes"],
        tuple(options["image_shape"]),
        **options["episodes"]["options"],
    )
    return episodes


def joined(
    images: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64], episodes: Sequence[Episode]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], list[npt.NDArray[np.int64]]]:
    """Return images and labels of all episodes, and the numbers of each episode's images among them."""
    numbers = [episode.numbers(labels) for episode in episodes]
    if all(episode.pixels is None for episode in episodes):
        return images, labels, numbers
    stream = [episode.changed(images[chosen]) for episode, chosen in zip(episodes, numbers, strict=True)]
    ends = np.cumsum([len(chosen) for chosen in numbers])
    places = [np.arange(end - len(chosen), end) for end, chosen in zip(ends, numbers, strict=True)]
    return np.concatenate(stream), np.concatenate([labels[chosen] for chosen in numbers]), places


def learnt(numbers: npt.NDArray[np.int64], episode: int, options: dict[str, Any]) -> npt.NDArray[np.int64]:
    """Return an episode's numbers, ascending, without those held out: drawn from (…, "held_out", episode)."""
    count = int(options["held_out"] * len(numbers))
    if count == 0:
        return numbers
    stream = numpy_stream(options["condition"], options["seed"], "held_out", episode)
    return np.sort(stream.permutation(numbers)[count:])


class Episodes(Course):
    """The course of a continual training: an episode is a part, and the strategy has its say at each step.

    Attributes:
        kept: the model's weights, on the CPU: before the training and after each finished episode.
        renew: called at the end of an episode, before the next one: it may make the optimiser forget.
    """

    def __init__(self, strategy: Strategy, heads: Heads, epochs: int) -> None:
        self.strategy, self.heads, self._epochs = strategy, heads, epochs
        self.parts = len(strategy.learner.episodes)
        self.kept = [copied(self.strategy.learner.model.state_dict())]
        self.renew: Callable[[], None] = lambda: None

    def samples(self, epoch: int) -> Tensor:
        """Return the episode's."""
        return self.strategy.learner.episodes[epoch // self._epochs]

    def joined(self, samples: Tensor, epoch: int, step: int) -> Tensor:
        """Let the strategy add some."""
        return self.strategy.joined(samples, epoch, step)

    def scored(self, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the criterion takes."""
        return self.heads.head(logits, labels)

    def total(self, loss: Tensor, images: Tensor, logits: Tensor) -> Tensor:
        """Let the strategy add to the loss."""
        return self.strategy.total(loss, images, logits)

    def stepping(self) -> None:
        """Tell the strategy."""
        self.strategy.stepping()

    def stepped(self) -> None:
        """Tell the strategy."""
        self.strategy.stepped()

    def part_ended(self, again: Callable[[int | None], Iterable[tuple[Tensor, Tensor]]]) -> dict[str, float]:
        """End the episode, and keep the weights."""
        noted = self.strategy.finish(again)
        self.kept.append(copied(self.strategy.learner.model.state_dict()))
        self._place()
        self.renew()
        return noted

    def state(self) -> dict[str, Any]:
        """Return the strategy's state and the weights after finished episodes."""
        kept = {str(number): weights for number, weights in enumerate(self.kept) if number}
        return {"strategy": self.strategy.state(), "kept": kept}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from ``state``; the weights before the training are those that this one began with."""
        self.strategy.restore(state["strategy"])
        self.kept[1:] = [state["kept"][str(number)] for number in range(1, len(state["kept"]) + 1)]
        self._place()

    def _place(self) -> None:
        self.heads.current = min(self.strategy.finished, self.parts - 1)
