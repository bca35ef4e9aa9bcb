"""A tiny continual training in float64, driven as the engine drives it: what strategies are tested on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hembench.core import plugins
from hembench.strategies._strategy import Learner, Strategy

CLASSES = ((0, 1), (2, 3), (4, 5))


class Course:
    """Three episodes of two classes each, 24 samples an episode, plain SGD with momentum."""

    def __init__(
        self,
        strategy: str = "naive",
        options: dict[str, Any] | None = None,
        *,
        model: nn.Module | None = None,
        criterion: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
        separate_heads: bool = False,
        rate: float = 0.1,
        momentum: float = 0.9,
        batch: int = 8,
    ) -> None:
        generator = torch.Generator().manual_seed(7)
        self.labels = torch.arange(72) % 6
        centres = 2 * torch.randn(6, 5, generator=generator, dtype=torch.float64)
        self.images = centres[self.labels] + torch.randn(72, 5, generator=generator, dtype=torch.float64)
        torch.manual_seed(1)
        self.model = (model or nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 6))).double()
        self.momentum, self.rate, self.batch, self.criterion = momentum, rate, batch, criterion
        episodes = tuple(torch.nonzero(torch.isin(self.labels, torch.tensor(two)))[:, 0] for two in CLASSES)
        self.learner = Learner(
            self.model, criterion, self.head, self.labels, episodes, CLASSES, separate_heads, "c", 3
        )
        self.strategy: Strategy = plugins.load("strategies", strategy).build(self.learner, **(options or {}))
        self.velocity: dict[str, Tensor] = {}
        self.epoch = self.step = 0
        self.losses: list[float] = []
        self.shown: list[Tensor] = []
        self.noted: list[dict[str, float]] = []

    def head(self, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        if not self.learner.separate_heads:
            return logits, labels
        units = torch.stack([labels // 2 * 2, labels // 2 * 2 + 1], dim=1)
        return logits.gather(1, units), labels % 2

    def total(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of the criterion and the total of a batch, in the order of the engine."""
        images, labels = self.images[samples], self.labels[samples]
        logits = self.model(images)
        loss = self.criterion(*self.head(logits, labels))
        return loss, self.strategy.total(loss, images, logits)

    def gradient(self, samples: Tensor) -> dict[str, Tensor]:
        """The gradient that the optimiser would be given of a batch."""
        self.total(samples)[1].backward()
        self.strategy.stepping()
        found = {}
        for name, value in self.model.named_parameters():
            found[name] = torch.zeros_like(value) if value.grad is None else value.grad
            value.grad = None
        return found

    def train_on(self, samples: Tensor) -> None:
        samples = self.strategy.joined(samples, self.epoch, self.step)
        self.shown.append(samples)
        loss, total = self.total(samples)
        total.backward()
        self.losses.append(float(loss.detach()))
        self.strategy.stepping()
        with torch.no_grad():
            for name, value in self.model.named_parameters():
                if value.grad is not None:
                    self.velocity[name] = self.momentum * self.velocity.get(name, 0) + value.grad
                    value -= self.rate * self.velocity[name]
                    value.grad = None
        self.strategy.stepped()
        self.step += 1

    def train_epoch(self) -> None:
        self.model.train()
        self.step = 0
        episode = self.learner.episodes[self.strategy.finished]
        for samples in torch.split(episode, self.batch):
            self.train_on(samples)
        self.epoch += 1

    def batches(self, size: int | None) -> Iterator[tuple[Tensor, Tensor]]:
        for samples in torch.split(self.learner.episodes[self.strategy.finished], size or self.batch):
            yield self.images[samples], self.labels[samples]

    def finish(self) -> None:
        self.noted.append(self.strategy.finish(self.batches))

    def learn(self, episodes: int = 1, epochs: int = 3) -> Course:
        for _ in range(episodes):
            for _ in range(epochs):
                self.train_epoch()
            self.finish()
        return self

    def weights(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in self.model.state_dict().items()}


@pytest.fixture
def course() -> type[Course]:
    return Course
