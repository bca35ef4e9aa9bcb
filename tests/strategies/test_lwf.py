"""LwF: the divergence from the teacher, over the units of old classes alone, and the weights of its two terms."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn


def moved(made):
    """The network away from its teacher."""
    with torch.no_grad():
        for value in made.model.parameters():
            value += 0.3 * torch.randn(value.shape, dtype=torch.float64)
    return made


def divergence(teacher, student, temperature):
    wanted, seen = F.softmax(teacher / temperature, 1), F.softmax(student / temperature, 1)
    return (wanted * (wanted.log() - seen.log())).sum(1).mean()


@pytest.mark.parametrize("temperature", [1.0, 2.0])
@pytest.mark.parametrize("finished", [1, 2])
def test_total_is_the_formula_over_old_units(course, temperature, finished):
    made = course("lwf", {"temperature": temperature}).learn(finished)
    before = made.weights()
    samples = made.learner.episodes[finished][:8]
    old = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 6)).double()
    old.load_state_dict(before)
    moved(made)
    loss, total = made.total(samples)
    units, images = 2 * finished, made.images[samples]
    expected = divergence(old(images)[:, :units], made.model(images)[:, :units], temperature)
    torch.testing.assert_close(total, loss / (finished + 1) + finished**2 / (finished + 1) * expected)


def test_the_weights_are_those_of_the_script(course):
    """CLB's alphas are [0, 0.5, 1.33333, 2.25, 3.2]; here the first three, read off a total with loss 0."""
    made = course("lwf").learn(2)
    for k, alpha in [(1, 0.5), (2, 1.33333)]:
        made.strategy.finished = k
        moved(made)
        images = made.images[:8]
        logits = made.model(images)
        total = made.strategy.total(torch.zeros((), dtype=torch.float64), images, logits)
        kl = made.strategy.divergence(logits, made.strategy.taught(images))
        assert float((total / kl).detach()) == pytest.approx(alpha, rel=1e-5)


def test_a_constant_alpha_leaves_the_loss_alone(course):
    made = moved(course("lwf", {"alpha": 0.7}).learn(2))
    samples = made.learner.episodes[2][:8]
    loss, total = made.total(samples)
    images = made.images[samples]
    kl = made.strategy.divergence(made.model(images), made.strategy.taught(images))
    torch.testing.assert_close(total, loss + 0.7 * kl)


@pytest.mark.parametrize("separate_heads", [False, True])
def test_a_student_like_its_teacher_has_no_penalty_and_no_gradient(course, separate_heads):
    made = course("lwf", separate_heads=separate_heads).learn(2)
    logits = made.model(made.images[:8]).detach().requires_grad_()
    kl = made.strategy.divergence(logits, made.strategy.taught(made.images[:8]))
    (gradient,) = torch.autograd.grad(kl, logits)
    assert float(kl.detach()) == pytest.approx(0, abs=1e-15)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient), rtol=0, atol=1e-15)


@pytest.mark.parametrize("separate_heads", [False, True])
def test_units_not_seen_get_no_gradient(course, separate_heads):
    made = moved(course("lwf", separate_heads=separate_heads).learn(2))
    logits = made.model(made.images[:8]).detach().requires_grad_()
    kl = made.strategy.divergence(logits, made.strategy.taught(made.images[:8]))
    (gradient,) = torch.autograd.grad(kl, logits)
    assert torch.equal(gradient[:, 4:], torch.zeros(8, 2, dtype=torch.float64))
    assert (gradient[:, :4].abs().sum(0) > 0).all()


def test_separate_heads_are_summed_each_on_its_own_units(course):
    made = moved(course("lwf", separate_heads=True).learn(2))
    student, teacher = made.model(made.images[:8]), made.strategy.taught(made.images[:8])
    expected = sum(divergence(teacher[:, a:b], student[:, a:b], 2.0) for a, b in [(0, 2), (2, 4)])
    torch.testing.assert_close(made.strategy.divergence(student, teacher), expected)


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_the_teacher_s_mode(course, mode):
    """Avalanche's teacher keeps training mode: its statistics move, and its dropout is on. Ours does not."""
    network = nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Linear(7, 6))
    made = course("lwf", {"teacher": mode}, model=network).learn(1)
    before = made.strategy.teacher.state_dict()["1.running_mean"].clone()
    made.train_epoch()
    after = made.strategy.teacher.state_dict()["1.running_mean"]
    assert torch.equal(before, after) == (mode == "eval")
    assert made.model.training


def test_the_teacher_is_the_network_of_the_last_episode_and_does_not_learn(course):
    made = course("lwf").learn(1)
    taught = made.weights()
    made.train_epoch()
    for name, value in made.strategy.teacher.state_dict().items():
        assert torch.equal(value, taught[name])
        assert not torch.equal(value, made.weights()[name])
    assert all(value.grad is None for value in made.strategy.teacher.parameters())
