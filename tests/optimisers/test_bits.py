from __future__ import annotations

import pytest
import torch
from torch import nn

from hembench.core import plugins
from hembench.optimisers import adam, adamw, sgd

SGD = {"momentum": 0.9, "weight_decay": 5e-4}
CASES = {
    "momentum": (sgd, SGD, torch.optim.SGD),
    "nesterov": (sgd, {**SGD, "nesterov": True}, torch.optim.SGD),
    "plain": (sgd, {}, torch.optim.SGD),
    "adam": (adam, {"weight_decay": 1e-2}, torch.optim.Adam),
    "adamw": (adamw, {"weight_decay": 0.05}, torch.optim.AdamW),
    "adam without decay": (adam, {}, torch.optim.Adam),
}
RATES = [0.1, 0.03, 0.03, 0.2, 0.01]


def parameters():
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in [(4, 3), (5,), (2, 2)]]


def set_gradients(values, step):
    generator = torch.Generator().manual_seed(step)
    for number, value in enumerate(values):
        gradient = torch.randn(value.shape, generator=generator)
        value.grad = None if number == 2 and step % 2 == 0 else gradient  # one that is not always used


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("case", CASES)
def test_bits_equal_the_class_of_torch(case):
    plugin, options, reference = CASES[case]
    ours, theirs = parameters(), parameters()
    optimiser, torch_optimiser = plugin.build(ours, **options), reference(theirs, 0.1, **options)
    for step, rate in enumerate(RATES):
        set_gradients(ours, step)
        set_gradients(theirs, step)
        optimiser.step(rate)
        for group in torch_optimiser.param_groups:
            group["lr"] = rate
        torch_optimiser.step()
        assert same(ours, theirs)
        assert all(value.grad is None for value in ours)


@pytest.mark.parametrize("case", CASES)
def test_a_restored_optimiser_goes_on_with_the_same_bits(case):
    plugin, options, _ = CASES[case]
    straight, stopped = parameters(), parameters()
    first, second = plugin.build(straight, **options), plugin.build(stopped, **options)
    for step, rate in enumerate(RATES):
        for values, optimiser in ((straight, first), (stopped, second)):
            set_gradients(values, step)
            optimiser.step(rate)
        state = second.state()
        second = plugin.build(stopped, **options)
        second.restore(state)
        assert same(straight, stopped)


def test_a_state_is_a_copy():
    values = parameters()
    optimiser = sgd.build(values, **SGD)
    set_gradients(values, 1)
    optimiser.step(0.1)
    state = optimiser.state()
    before = state["momentum"]["0"].clone()
    set_gradients(values, 3)
    optimiser.step(0.1)
    assert torch.equal(state["momentum"]["0"], before)


def test_every_optimiser_is_compared_with_torch():
    assert {plugin.__name__.rpartition(".")[2] for plugin, *_ in CASES.values()} == set(
        plugins.names("optimisers")
    )
