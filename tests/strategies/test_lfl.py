"""LFL: features stay near those of the teacher, and the last layer stays for good."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from hembench.core.errors import InputError
from hembench.networks import resnet


def test_total_is_the_loss_and_the_mean_square_of_the_features(course):
    made = course("lfl", {"strength": 2.5}).learn(1)
    old = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 6)).double()
    old.load_state_dict(made.weights())
    made.train_epoch()
    images = made.images[made.learner.episodes[1][:8]]
    loss, total = made.total(made.learner.episodes[1][:8])
    difference = made.model[:2](images) - old[:2](images)
    expected = 2.5 * (difference**2).sum() / difference.numel()
    torch.testing.assert_close(total, loss + expected)
    found = torch.autograd.grad(total - loss, made.model[0].weight)[0]
    torch.testing.assert_close(found, torch.autograd.grad(expected, made.model[0].weight)[0])


def test_the_last_layer_is_the_same_to_the_bit_after_the_first_episode(course):
    """With momentum from the first episode, which must not go on moving it."""
    made = course("lfl").learn(1)
    frozen = made.weights()
    made.learn(2)
    for name in ("2.weight", "2.bias"):
        assert torch.equal(made.weights()[name], frozen[name])
    assert not torch.equal(made.weights()["0.weight"], frozen["0.weight"])


def test_rows_of_later_classes_are_what_the_first_episode_made_of_them(course):
    """Trap 11, an observation: with separate heads nothing ever moves them."""
    made = course("lfl", separate_heads=True)
    initial = made.weights()
    made.learn(3)
    assert torch.equal(made.weights()["2.weight"][2:], initial["2.weight"][2:])
    assert not torch.equal(made.weights()["2.weight"][:2], initial["2.weight"][:2])


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_the_student_s_mode(course, mode):
    """Trap 2: Avalanche leaves the network in evaluation mode; here that is an option."""
    network = nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Linear(7, 6))
    made = course("lfl", {"student": mode}, model=network).learn(1)
    assert made.model.training
    before = made.weights()["1.running_mean"]
    made.train_epoch()
    assert made.model.training == (mode == "train")
    assert torch.equal(before, made.weights()["1.running_mean"]) == (mode == "eval")


def test_the_teacher_has_its_own_statistics_and_they_stay(course):
    network = nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Linear(7, 6))
    made = course("lfl", model=network).learn(1)
    before = made.weights()
    made.train_epoch()
    for name, value in made.strategy.teacher.state_dict().items():
        assert torch.equal(value, before[name])


def test_the_network_of_the_cifar_benchmarks_has_features(course):
    """Trap 2: Avalanche's LFL needs a method that networks of that size lack there."""
    network = resnet.build(6, (3, 32, 32), width=2).eval()
    made = course("lfl", {"strength": 1.0}, model=network).learn(0)
    images = torch.rand(4, 3, 32, 32, dtype=torch.float64)
    loss = network(images).sum() * 0
    assert torch.equal(made.strategy.total(loss, images, network(images)), loss)
    made.strategy.finish(made.batches)
    with torch.no_grad():
        next(network.parameters()).mul_(1.5)
    assert made.strategy.total(loss, images, network(images)) > 0


def test_a_network_without_a_fully_connected_layer_is_refused(course):
    with pytest.raises(InputError, match="no fully connected layer"):
        course("lfl", model=nn.Sequential(nn.Flatten(), nn.Tanh()))
