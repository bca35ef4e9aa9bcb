"""The training loop. It knows a model, a criterion and tensors on a device; it knows no task, file or config."""

from __future__ import annotations

import math
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from hembench.core.digest import digest
from hembench.core.errors import InputError, StoreError
from hembench.core.streams import seed_of
from hembench.core.tensors import copied
from hembench.engine.course import Course
from hembench.engine.determinism import deterministic, preserved_random_state, seed_global
from hembench.engine.precision import LossScale, dtype_of
from hembench.engine.ranks import Ranks
from hembench.engine.samples import batches_of, order_of
from hembench.engine.schedules import learning_rate
from hembench.engine.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torch import Tensor, nn

    from hembench.engine.samples import Stream

SHOWN_EVERY = 50
"""Steps between two calls of ``progress`` within an epoch."""


class Trainer:
    """Trains ``model`` by ``criterion`` as the recipe says; same data, condition and seed, same bytes.

    Random streams (none knows the loss, so losses are compared in pairs): the order of an epoch from
    (condition, seed, "order", epoch), crops and flips of a step from (…, "augment", epoch, step), and torch's
    global generator, for dropout, from (…, "global", epoch, step). Order, crops and flips are drawn on the CPU.

    The last, partial batch of an epoch is kept, since the paper says nothing of dropping it; a last batch of a
    single sample joins the one before it, because batch normalisation has no variance of one. A cell that several
    processes train together (``engine.ranks``) has the same batches, crops and flips: each takes its part of
    them. A last batch of less than two samples for each joins the one before it.

    A loss that is not finite does not lose the run (the paper reports trainings that collapse): the epoch is
    finished, its ``train_loss`` is None, a history ``diverged`` is 1 there (0 before), and training ends early
    with the weights as they are. ``diverged`` is in the history only when that happened.

    A course (``course.py``) can divide the training into parts, each with all epochs of the recipe, let other
    samples join a batch, and add to the loss. ``train_loss`` is without what it adds, with the samples that join.

    Attributes:
        epoch: epochs completed, of all parts.
        step: steps completed of the epoch that is on.
        history: one number per completed epoch: ``train_loss`` (mean over samples, dropout and augmentation on,
            weights moving), ``train_accuracy`` (share of labels >= 0 that were the largest logit),
            ``zero_loss_share`` (share of those labels whose logits got a gradient of zero: samples that HEM and
            MM have done with, paper 4.1; labels < 0 count in none of the two), ``learning_rate`` (of the epoch's
            last step); and what the course notes, None where a part has not ended.
    """

    def __init__(
        self,
        model: nn.Module,
        criterion: nn.Module,
        images: Tensor | Stream,
        labels: Tensor,
        recipe: dict[str, Any],
        condition: str,
        seed: int,
        parts: Mapping[str, Callable[..., Any]],
        course: Course | None = None,
    ) -> None:
        """Move model and criterion to the data's device.

        Args:
            model: float (N, C, H, W) in [0, 1] -> logits (N, classes) or (N, classes, H, W). In training mode
                it may return (logits, logits of an auxiliary head), whose loss counts ``model.auxiliary_weight``.
            criterion: (logits, labels) -> scalar.
            images: uint8 (N, C, H, W); with more channels than the model takes where the course splits them.
            labels: int64 (N,) or (N, H, W) on the same device.
            recipe: training settings, all filled in.
            condition: name of the condition, the first part of every stream.
            seed: seed of the cell, the second part.
            parts: ``build`` of the recipe's plug-ins: "optimiser" and, where it has one, "augmentation".
            course: parts and extras of the training; None: one part without extras.

        Raises:
            InputError: images are not uint8 (N, C, H, W), labels do not fit them, or there are not as many
                processes as the recipe says, or more than half as many as samples.
        """
        if images.dtype != torch.uint8 or images.dim() != 4 or len(images) == 0 or len(images) != len(labels):
            raise InputError(
                f"training needs uint8 images (N, C, H, W) and as many labels; got {images.dtype} "
                f"{tuple(images.shape)} and labels {tuple(labels.shape)}."
            )
        self.ranks = Ranks(recipe["processes"])
        if len(images) < 2 * self.ranks.count and self.ranks.count > 1:
            raise InputError(f"{len(images)} samples are too few for {self.ranks.count} processes: two for each.")
        self.device = images.device
        self.layout = torch.channels_last if recipe["channels_last"] else torch.contiguous_format
        self.model = model.to(self.device).to(memory_format=self.layout)  # type: ignore[call-overload]
        self.criterion = criterion.to(self.device)
        self.images, self.labels = images, labels
        self.recipe, self.condition, self.seed = recipe, condition, seed
        self.dtype = dtype_of(recipe["precision"])
        self.parameters = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimiser = parts["optimiser"](self.parameters, **_options(recipe["optimiser"]))
        augmentation = recipe["augmentation"]
        self.augmentation = augmentation and parts["augmentation"](**_options(augmentation))
        self.loss_scale = LossScale(recipe["precision"])
        self.forward = torch.compile(self.model) if recipe["compile"] else self.model
        self.course = course or Course()
        self.epochs = recipe["epochs"] * self.course.parts
        self.epoch = self.step = 0
        self.history: dict[str, list[float | None]] = {}
        self.tally = Tally(self.ranks, self.device)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.epoch >= self.epochs or "diverged" in self.history

    @property
    def share(self) -> float:
        """Share of the samples seen, in [0, 1]."""
        samples = self.course.samples(min(self.epoch, self.epochs - 1))
        seen = min(self.step * self.recipe["batch_size"] / len(self.images if samples is None else samples), 1.0)
        return float((self.epoch + seen) / self.epochs)

    @property
    def place(self) -> str:
        """Where it is, in words: epochs count from 1 and are under way, steps are completed."""
        return f"epoch {self.epoch + 1} of {self.epochs}, step {self.step}"

    def run(
        self,
        progress: Callable[[float, str], None] | None = None,
        pause: Callable[[], bool] | None = None,
    ) -> bool:
        """Train to the end, or until ``pause()``, asked after every step, is true; tell whether it is finished.

        Settings and global random state of the caller are restored. A paused training goes on by calling
        :meth:`run` again, here or, by way of :meth:`state` and :meth:`restore`, in another process.
        """
        with deterministic(self.device), preserved_random_state(self.device):
            self.model.train()
            while not self.finished:
                batches = self._batches()
                ours = [self.ranks.part(batch) for batch in batches[self.step :]]
                with closing(batches_of(self.images, ours)) as taken:
                    for images in taken:
                        self._train_on(batches[self.step], images, len(batches))
                        self.step += 1
                        if progress and self.step % SHOWN_EVERY == 0:
                            progress(self.share, self.place)
                        if pause and pause():
                            return False
                self._end_epoch(len(batches))
                if progress:
                    progress(self.epoch / self.epochs, self._words())
        return True

    def _batches(self) -> list[Tensor]:
        """Return the epoch's batches: sample numbers, int64, on the device."""
        generator = torch.Generator().manual_seed(seed_of(self.condition, self.seed, "order", self.epoch))
        samples = self.course.samples(self.epoch)
        if samples is None:
            order = order_of(self.images, generator).to(self.device)
        else:
            order = samples[torch.randperm(len(samples), generator=generator).to(self.device)]
        batches = list(torch.split(order, self.recipe["batch_size"]))
        if len(batches) > 1 and len(batches[-1]) < 2 * self.ranks.count:
            batches[-2:] = [torch.cat(batches[-2:])]
        return [self.course.joined(batch, self.epoch, step) for step, batch in enumerate(batches)]

    def _again(self, epoch: int, size: int | None) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield our part of an epoch's samples once more, by batches: prepared images, augmented anew; labels."""
        samples = self.course.samples(epoch)
        numbers = torch.arange(len(self.images), device=self.device) if samples is None else samples
        batches = torch.split(numbers, size or self.recipe["batch_size"])
        ours = [self.ranks.part(batch) for batch in batches]
        for step, images in enumerate(batches_of(self.images, ours)):
            yield self._prepare(images, self.labels[ours[step]], len(batches[step]), "augment_again", epoch, step)

    def _prepare(self, images: Tensor, labels: Tensor, count: int, *place: str | int) -> tuple[Tensor, Tensor]:
        """Return our part of a batch of ``count``: images as float32 (n, C, H, W) in [0, 1], augmented; labels.

        Crops and flips are drawn from (condition, seed, ``place``).
        """
        if self.augmentation is not None:
            stream = seed_of(self.condition, self.seed, *place)
            drawn = self.augmentation.draw(count, torch.Generator().manual_seed(stream))
            images = self.augmentation.apply(images, [self.ranks.part(each).to(self.device) for each in drawn])
        images, labels = self.course.split(images, labels)
        return images.float().div_(255).contiguous(memory_format=self.layout), labels

    def _train_on(self, samples: Tensor, images: Tensor, steps: int) -> None:
        """Take a step by a batch: ``samples`` are the numbers of all of it, ``images`` are our part."""
        place = (self.epoch, self.step)
        seed_global(seed_of(self.condition, self.seed, "global", *place, *self.ranks.stream), self.device)
        labels = self.labels[self.ranks.part(samples)]
        images, labels = self._prepare(images, labels, len(samples), "augment", *place)
        logits, loss = self._forward(images, labels)
        total = self.course.total(loss, images, logits)
        (total * self.loss_scale.scale if self.loss_scale.active else total).backward()  # type: ignore[no-untyped-call]
        self.ranks.average_gradients(self.parameters)
        if self.loss_scale.unscale(self.parameters):
            self.course.stepping()
            self.optimiser.step(self._rate(self.step, steps))
            self.course.stepped()
        self.tally.add(logits, labels, loss.detach().double() * len(samples), self.course.scored)

    def _forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits in float32, which keep their gradient, and the loss, which is of the whole batch."""
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            outputs = self.forward(images)
        logits, *auxiliary = outputs if isinstance(outputs, tuple) else (outputs,)
        logits = logits.float()
        logits.retain_grad()
        loss = self.criterion(logits, labels)
        for others in auxiliary:
            loss = loss + self.model.auxiliary_weight * self.criterion(others.float(), labels)
        return logits, loss

    def _rate(self, step: int, steps: int) -> float:
        """Return the learning rate of a step; the schedule starts anew with each part."""
        return learning_rate(self.recipe, self.epoch % self.recipe["epochs"], step, steps)

    def _end_epoch(self, steps: int) -> None:
        means = self.tally.means() | {"learning_rate": self._rate(steps - 1, steps)}
        for name, mean in means.items():
            self.history.setdefault(name, []).append(mean if math.isfinite(mean) else None)
        if not math.isfinite(means["train_loss"]):
            self.history["diverged"] = [*[0.0] * self.epoch, 1.0]
        elif (self.epoch + 1) % self.recipe["epochs"] == 0:
            noted = self.course.part_ended(partial(self._again, self.epoch))
            for name, value in noted.items():
                earlier = self.history.setdefault(name, [])
                earlier += [*[None] * (self.epoch - len(earlier)), value]
        self.epoch, self.step, self.tally = self.epoch + 1, 0, Tally(self.ranks, self.device)

    def _words(self) -> str:
        loss = self.history["train_loss"][-1]
        shown = "is not finite: the training ends here" if loss is None else f"{loss:.4g}"
        return f"epoch {self.epoch} of {self.epochs}, loss {shown}"

    def weights(self) -> dict[str, Tensor]:
        """Return copies of the model's parameters and buffers, contiguous, on the CPU."""
        return copied(self.model.state_dict())

    def state(self) -> dict[str, Any]:
        """Return copies of everything that the rest of the training depends on; ``state.to_bytes`` writes it.

        All ranks call it together, and what the first one gets is the state of all.
        """
        return {
            "identity": self._identity(),
            "epoch": self.epoch,
            "step": self.step,
            "history": {name: list(values) for name, values in self.history.items()},
            "loss_scale": {"scale": self.loss_scale.scale, "streak": self.loss_scale.streak},
            "weights": self.weights(),
            "optimiser": self.optimiser.state(),
            "sums": self.tally.state(),
            "course": self.course.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` returned: the end has the same bytes as an uninterrupted run's.

        Raises:
            StoreError: the state is of another training (recipe, condition, seed, data or network).
        """
        if state.get("identity") != self._identity():
            raise StoreError(
                f"a saved state belongs to another training than {self.condition!r}, seed {self.seed}: "
                "delete it and start the cell anew."
            )
        self.model.load_state_dict(state["weights"])
        self.optimiser.restore(state["optimiser"])
        self.loss_scale.scale = state["loss_scale"]["scale"]
        self.loss_scale.streak = state["loss_scale"]["streak"]
        self.epoch, self.step = state["epoch"], state["step"]
        self.history = {name: list(values) for name, values in state["history"].items()}
        self.tally.restore(state["sums"])
        self.course.restore(state["course"])

    def _identity(self) -> str:
        """Return a digest of what a state must have in common with this training."""
        shapes = [[name, list(tensor.shape)] for name, tensor in self.model.state_dict().items()]
        data = [list(self.images.shape), list(self.labels.shape)]
        return digest([self.condition, self.seed, self.recipe, shapes, data])


def _options(section: dict[str, Any]) -> dict[str, Any]:
    """Return what of a recipe's section are options of its plug-in."""
    return {name: value for name, value in section.items() if name not in ("name", "learning_rate")}
