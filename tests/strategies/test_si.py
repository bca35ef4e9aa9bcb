"""Synaptic intelligence against its formula, and its path integral against how far the loss fell."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from hembench.losses import hem
from hembench.optimisers import sgd
from hembench.strategies import si


def path_sum(made):
    return float(sum(value.sum() for value in made.strategy.path.values()))


def test_the_path_integral_is_how_far_the_loss_fell(course):
    """First order in the rate: half the rate, half the error. On a CPU it must not be 0 (trap 1)."""
    errors = []
    for rate in (0.02, 0.01):
        made = course("si", rate=rate, momentum=0.0, batch=24)  # the whole episode is one batch
        for _ in range(round(0.4 / rate)):
            made.train_epoch()
        made.train_epoch()  # its loss is that before its step
        fell = made.losses[0] - made.losses[-1]
        made_once_less = course("si", rate=rate, momentum=0.0, batch=24)
        for _ in range(round(0.4 / rate)):
            made_once_less.train_epoch()
        assert fell > 0.1
        errors.append(abs(path_sum(made_once_less) - fell) / fell)
    assert errors[0] < 0.05
    assert errors[1] < 0.6 * errors[0]


@pytest.mark.parametrize("clip", [0.001, 0.05, None])
@pytest.mark.parametrize("gradient", ["total", "loss"])
def test_importance_and_gradient_are_those_of_the_formula(course, clip, gradient):
    strength, damping = 20.0, 0.1
    made = course("si", {"strength": strength, "damping": damping, "clip": clip, "gradient": gradient})
    names = [name for name, _ in made.model.named_parameters()]
    raw = dict.fromkeys(names, 0.0)
    omega = {name: torch.zeros_like(value) for name, value in made.weights().items()}
    anchor = made.weights()
    for episode in range(3):
        path = dict.fromkeys(names, 0.0)
        start = made.weights()
        for samples in [part for _ in range(2) for part in torch.split(made.learner.episodes[episode], 8)]:
            before = made.weights()
            values = dict(made.model.named_parameters())
            loss = made.criterion(made.model(made.images[samples]), made.labels[samples])
            penalty = strength / 2 * sum((omega[n] * (values[n] - anchor[n]) ** 2).sum() for n in names)
            whole = torch.autograd.grad(loss + penalty, list(values.values()), retain_graph=True)
            for mine, theirs in zip(made.gradient(samples).values(), whole, strict=True):
                torch.testing.assert_close(mine, theirs)
            of = loss + penalty if gradient == "total" else loss
            gradients = dict(zip(names, torch.autograd.grad(of, list(values.values())), strict=True))
            made.train_on(samples)
            for name in names:
                path[name] = path[name] - gradients[name] * (made.weights()[name] - before[name])
        made.finish()
        anchor = made.weights()
        for name in names:
            raw[name] = raw[name] + path[name] / ((anchor[name] - start[name]) ** 2 + damping)
            omega[name] = raw[name] if clip is None else raw[name].clamp(max=clip)
            torch.testing.assert_close(made.strategy.importance[name], omega[name])
        noted = float(sum(value.sum() for name, value in omega.items() if name in names))
        assert made.noted[-1]["si_importance_sum"] == pytest.approx(noted)


@pytest.mark.optional
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_nesterov_s_momentum_on_a_gpu_leaves_the_path_s_gradients_alone(course):
    """There torch's SGD goes over many tensors at once, in the memory of the gradients."""
    made = course("si")
    made.model.cuda()
    strategy = si.build(made.learner)
    optimiser = sgd.build(list(made.model.parameters()), momentum=0.9, nesterov=True)
    made.criterion(made.model(made.images.cuda()), made.labels.cuda()).backward()
    expected = {name: value.grad.clone() for name, value in made.model.named_parameters()}
    before = {name: value.detach().clone() for name, value in made.model.named_parameters()}
    strategy.stepping()
    optimiser.step(0.1)
    strategy.stepped()
    for name, value in made.model.named_parameters():
        torch.testing.assert_close(strategy.path[name], expected[name] * (before[name] - value.detach()))


def test_penalty_is_zero_at_the_anchor(course):
    made, plain = course("si", {"strength": 1e6}).learn(1), course().learn(1)
    samples = made.learner.episodes[1][:8]
    for name, value in plain.gradient(samples).items():
        assert torch.equal(value, made.gradient(samples)[name])


def test_no_element_is_above_the_cut_off_and_negative_ones_stay(course):
    made = course("si", {"clip": 0.01}).learn(2)
    values = torch.cat([value.reshape(-1) for value in made.strategy.importance.values()])
    assert values.max() == 0.01
    assert values.min() < 0


def test_normalisation_and_frozen_parameters_take_no_part(course):
    network = nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.LayerNorm(7), nn.Linear(7, 6))
    network[3].bias.requires_grad_(False)
    made = course("si", model=network).learn(1)
    assert set(made.strategy.importance) == {"0.weight", "0.bias", "3.weight"}


def test_importance_under_hem_is_not_zero_though_its_loss_ends_there(course):
    """Trap 6: it is gathered along the way, where EWC's is measured at the end."""
    made = course("si", criterion=hem.build(6, margin=0.2)).learn(1, epochs=60)
    assert made.losses[-1] == 0
    assert made.noted[0]["si_importance_sum"] > 0


def test_a_step_with_zero_loss_adds_nothing(course):
    made = course("si", criterion=lambda logits, labels: 0 * logits.sum()).learn(1)
    assert made.noted == [{"si_importance_sum": 0.0}]
