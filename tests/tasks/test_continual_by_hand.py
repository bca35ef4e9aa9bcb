"""Whole trainings of the loop with each strategy against one written here, in float64 with torch's optimiser.

The tests of strategies/ drive them by a loop of their own; these would fail if the engine asked a strategy at the
wrong moment, or left one of its parts out.
"""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from small_cells import IMAGES, LABELS, TRAINING, options_of, parts_of, train

from hembench.engine.loop import Trainer
from hembench.networks import mlp
from hembench.tasks import continual

RECIPE = {"name": "sgd", "learning_rate": 0.05, "momentum": 0.5, "weight_decay": 0.001}
STRENGTHS = {
    "naive": {},
    "ewc": {"strength": 20.0},
    "si": {"strength": 30.0, "clip": 0.02},
    "lwf": {},
    "lfl": {"strength": 3.0},
}
"""Strong enough to be seen after some steps; the defaults are for long trainings."""


def cell(strategy):
    options = options_of(strategy)
    options["recipe"] |= {"optimiser": RECIPE, "schedule": {"milestones": [], "factor": 1.0}}
    options["strategy"]["options"] = STRENGTHS[strategy]
    return options


@pytest.fixture
def batches(monkeypatch):
    """The numbers of the samples of each step, with their epoch."""
    steps = []

    class Seen(Trainer):
        def _train_on(self, samples, images, count):
            steps.append((self.epoch, samples.clone()))
            super()._train_on(samples, images, count)

    monkeypatch.setattr(continual, "Trainer", Seen)
    return steps


class ByHand:
    """Plain training, with places for what a strategy does; quadratic penalties are written as such."""

    def __init__(self, weights, strength=0.0):
        self.network = mlp.build(10, (1, 8, 8), width=24, depth=1).double()
        self.network.load_state_dict(weights)
        self.strength, self.finished = strength, 0
        self.optimiser = torch.optim.SGD(
            self.network.parameters(), lr=0.05, momentum=RECIPE["momentum"], weight_decay=RECIPE["weight_decay"]
        )

    def images(self, numbers):
        return (torch.from_numpy(IMAGES[TRAINING])[numbers].double() / 255 - 0.3052) / 0.376

    def labels(self, numbers):
        return torch.from_numpy(LABELS[TRAINING])[numbers]

    def step(self, numbers):
        images = self.images(numbers)
        loss = self.total(F.cross_entropy(self.network(images), self.labels(numbers)), images)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    def total(self, loss, images):
        return loss

    def end(self, numbers, classes):
        pass


class Ewc(ByHand):
    kept = ()

    def total(self, loss, images):
        for importance, anchor in self.kept:
            for f, old, now in zip(importance, anchor, self.network.parameters(), strict=True):
                loss = loss + self.strength * (f * (now - old) ** 2).sum()
        return loss

    def end(self, numbers, classes):
        squares = []
        for batch in numbers.split(32):
            loss = F.cross_entropy(self.network(self.images(batch)), self.labels(batch))
            squares.append([g**2 for g in torch.autograd.grad(loss, list(self.network.parameters()))])
        means = [torch.stack(each).mean(0) for each in zip(*squares, strict=True)]
        self.kept = (*self.kept, (means, [p.detach().clone() for p in self.network.parameters()]))


class Si(ByHand):
    def __init__(self, *args):
        super().__init__(*args)
        self.begun = [p.detach().clone() for p in self.network.parameters()]
        self.path = [torch.zeros_like(p) for p in self.begun]
        self.raw = [torch.zeros_like(p) for p in self.begun]

    def total(self, loss, images):
        terms = zip(self.raw, self.begun, self.network.parameters(), strict=True)
        return loss + self.strength / 2 * sum((o.clamp(max=0.02) * (p - old) ** 2).sum() for o, old, p in terms)

    def step(self, numbers):
        before = [p.detach().clone() for p in self.network.parameters()]
        super().step(numbers)
        for path, old, now in zip(self.path, before, self.network.parameters(), strict=True):
            path -= now.grad * (now.detach() - old)

    def end(self, numbers, classes):
        for raw, path, old, now in zip(self.raw, self.path, self.begun, self.network.parameters(), strict=True):
            raw += path / ((now.detach() - old) ** 2 + 0.1)
            old.copy_(now.detach())
            path.zero_()


class Lwf(ByHand):
    old = ()

    def total(self, loss, images):
        if not self.finished:
            return loss
        k, units = self.finished, sorted(self.old)
        wanted = torch.softmax(self.teacher(images).detach()[:, units] / 2, 1)
        given = torch.softmax(self.network(images)[:, units] / 2, 1)
        return loss / (k + 1) + k * k / (k + 1) * (wanted * (wanted / given).log()).sum(1).mean()

    def end(self, numbers, classes):
        self.teacher, self.old = copy.deepcopy(self.network), (*self.old, *classes)


class Lfl(ByHand):
    def total(self, loss, images):
        if not self.finished:
            return loss
        now, then = (network[:-1](images) for network in (self.network, self.teacher))
        return loss + self.strength * ((now - then.detach()) ** 2).mean()

    def end(self, numbers, classes):
        self.teacher = copy.deepcopy(self.network)
        self.network[-1].requires_grad_(False)
        self.optimiser.zero_grad()


BY_HAND = {"naive": ByHand, "ewc": Ewc, "si": Si, "lwf": Lwf, "lfl": Lfl}


def after(state, episodes):
    prefix = f"after{episodes}.network."
    return {name.removeprefix(prefix): one for name, one in state.items() if name.startswith(prefix)}


def distance(one, other):
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one)


@pytest.mark.parametrize("strategy", list(BY_HAND))
def test_the_loop_does_what_the_formula_says(batches, strategy):
    options = cell(strategy)
    state, _ = train(options)
    hand = BY_HAND[strategy](after(state, 0), STRENGTHS[strategy].get("strength", 0.0))
    taken = list(batches)
    for k, episode in enumerate(continual.divided(options, parts_of(options))):
        for numbers in [each for epoch, each in taken if epoch // 2 == k]:
            hand.step(numbers)
        hand.end(torch.from_numpy(episode.numbers(LABELS[TRAINING])), episode.classes)
        hand.finished += 1
        assert distance(after(state, k + 1), hand.network.state_dict()) < 1e-5
    if strategy != "naive":
        naive, _ = train(cell("naive"))
        assert distance(after(state, 5), after(naive, 5)) > 1e-2, (
            "what the strategy does is far above the tolerance"
        )


def test_the_last_layer_that_lfl_has_frozen_keeps_its_bits():
    """Also with momentum and weight decay, which move what has no gradient."""
    state, _ = train(cell("lfl"))
    for name in ("3.weight", "3.bias"):
        assert not torch.equal(after(state, 0)[name], after(state, 1)[name])
        assert all(torch.equal(after(state, 1)[name], after(state, k)[name]) for k in range(2, 6))


def test_an_episode_s_samples_are_given_once_more_augmented_by_a_stream_of_their_own(monkeypatch):
    """What EWC's importance is made of: all samples of the episode, in order, by batches of the recipe's size."""
    given, drawn = [], []

    class Watched(Trainer):
        def _again(self, epoch, size):
            for images, labels in super()._again(epoch, size):
                given.append((epoch, images, labels))
                yield images, labels

        def _prepare(self, images, labels, count, *place):
            drawn.append(place)
            return super()._prepare(images, labels, count, *place)

    monkeypatch.setattr(continual, "Trainer", Watched)
    options = cell("ewc")
    train(options)
    again = [place for place in drawn if place[0] == "augment_again"]
    for k, episode in enumerate(continual.divided(options, parts_of(options))):
        numbers = episode.numbers(LABELS[TRAINING])
        epoch = 2 * k + 1
        assert torch.cat([labels for at, _, labels in given if at == epoch]).tolist() == LABELS[numbers].tolist()
        images = torch.cat([images for at, images, _ in given if at == epoch])
        assert torch.equal(images, torch.from_numpy(IMAGES[numbers]).float() / 255)
        sizes = [len(labels) for at, _, labels in given if at == epoch]
        assert sizes[:-1] == [32] * ((len(numbers) - 1) // 32)
        places = [place for place in again if place[1] == epoch]
        assert places == [("augment_again", epoch, n) for n in range(len(sizes))]
