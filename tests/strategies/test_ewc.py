"""EWC against its formula: sum over episodes of strength * F (theta - theta*)^2, F from squared gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hembench.losses import hem


def fisher(made, episode, size=8, criterion=None):
    """F, written out: mean over batches of the squared gradient of the batch's loss, in evaluation mode."""
    made.model.eval()
    values = dict(made.model.named_parameters())
    sums = {name: torch.zeros_like(value) for name, value in values.items()}
    batches = torch.split(made.learner.episodes[episode], size)
    for samples in batches:
        logits, labels = made.model(made.images[samples]), made.labels[samples]
        loss = (criterion or made.criterion)(*made.head(logits, labels))
        for name, one in zip(values, torch.autograd.grad(loss, list(values.values())), strict=True):
            sums[name] += one**2
    made.model.train()
    return {name: one / len(batches) for name, one in sums.items()}


def written_out(made, strength, kept):
    """The penalty as the formula has it, from (F, theta*) of each episode."""
    values = dict(made.model.named_parameters())
    return strength * sum(
        (importance[name] * (values[name] - anchor[name]) ** 2).sum()
        for importance, anchor in kept
        for name in values
    )


@pytest.mark.parametrize("separate_heads", [False, True])
def test_gradient_is_that_of_the_formula(course, separate_heads):
    made = course("ewc", {"strength": 3.0}, separate_heads=separate_heads)
    kept = []
    for episode in range(3):
        for _ in range(2):
            made.train_epoch()
        kept.append((fisher(made, episode), made.weights()))
        made.finish()
        with torch.no_grad():  # away from the anchors
            for value in made.model.parameters():
                value += 0.1 * torch.randn(value.shape, dtype=torch.float64)
        samples = made.learner.episodes[0][:8]
        total = made.total(samples)[0] + written_out(made, 3.0, kept)
        expected = torch.autograd.grad(total, list(made.model.parameters()))
        for mine, theirs in zip(made.gradient(samples).values(), expected, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)


def test_penalty_is_zero_at_the_anchor(course):
    made = course("ewc", {"strength": 1e6}).learn(1)
    plain = course().learn(1)
    for name, value in plain.gradient(plain.learner.episodes[1][:8]).items():
        assert torch.equal(value, made.gradient(made.learner.episodes[1][:8])[name])


def test_importance_is_of_the_loss_without_the_penalty(course):
    made = course("ewc", {"strength": 100.0}).learn(1)
    made.train_epoch()
    expected = fisher(made, 1)
    before = {name: value.clone() for name, value in made.strategy.importance.items()}
    made.finish()
    for name, value in made.strategy.importance.items():
        torch.testing.assert_close(value - before[name], expected[name], rtol=1e-9, atol=1e-15)


def test_samples_one_by_one_give_another_larger_importance(course):
    batch, sample = course("ewc").learn(1), course("ewc", {"gradient": "sample"}).learn(1)
    expected = fisher(sample, 0, size=1)
    for name, value in sample.strategy.importance.items():
        torch.testing.assert_close(value, expected[name])
    assert sample.noted[0]["ewc_importance_sum"] > 2 * batch.noted[0]["ewc_importance_sum"]


@pytest.mark.parametrize("separate_heads", [False, True])
def test_cross_entropy_whatever_the_loss(course, separate_heads):
    """Of the units that the loss gets: with separate heads those of the episode alone."""
    loss = hem.build(2 if separate_heads else 6, margin=0.2)
    made = course("ewc", {"criterion": "ce"}, criterion=loss, separate_heads=separate_heads).learn(1)
    expected = fisher(made, 0, criterion=F.cross_entropy)
    for name, value in made.strategy.importance.items():
        torch.testing.assert_close(value, expected[name])


def test_hem_has_no_importance_once_all_is_learnt_and_the_history_says_so(course):
    """Trap 5, kept as it is: EWC is then the plain training, and nothing else steps in for it."""
    idle = course("ewc", criterion=hem.build(6, margin=0.2)).learn(1, epochs=60)
    busy = course("ewc").learn(1, epochs=60)
    assert idle.noted[0] == {"ewc_importance_sum": 0.0}
    assert busy.noted[0]["ewc_importance_sum"] > 0
    plain = course(criterion=hem.build(6, margin=0.2)).learn(1, epochs=60)
    idle.train_epoch()
    plain.train_epoch()
    for name, value in plain.weights().items():
        assert torch.equal(value, idle.weights()[name])


def test_online_is_one_importance_that_decays_around_the_latest_weights(course):
    made = course("ewc", {"mode": "online", "decay": 0.25})
    expected = {name: torch.zeros_like(value) for name, value in made.model.named_parameters()}
    for episode in range(3):
        made.train_epoch()
        new = fisher(made, episode)
        expected = {name: 0.25 * value + new[name] for name, value in expected.items()}
        made.finish()
        for name, value in made.strategy.importance.items():
            torch.testing.assert_close(value, expected[name])
            assert torch.equal(made.strategy.anchor[name], made.weights()[name])
        samples = made.learner.episodes[0][:8]
        plain = torch.autograd.grad(made.total(samples)[0], list(made.model.parameters()))
        for mine, theirs in zip(made.gradient(samples).values(), plain, strict=True):
            assert torch.equal(mine, theirs)


def test_importance_is_measured_in_evaluation_mode_and_leaves_modes_and_statistics_alone(course):
    """Trap 2's like: a layer that was in evaluation mode stays there, the others go back to training."""
    network = nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Dropout(0.5), nn.Linear(7, 6))
    made = course("ewc", model=network)
    made.train_epoch()
    network[1].eval()
    before = made.weights()
    made.finish()
    assert [layer.training for layer in network] == [True, False, True, True]
    for name, value in made.weights().items():
        assert torch.equal(value, before[name])
    expected = fisher(made, 0)
    for name, value in made.strategy.importance.items():
        torch.testing.assert_close(value, expected[name])


def test_masked_or_absent_units_get_no_importance_in_a_head_of_their_own(course):
    made = course("ewc", separate_heads=True).learn(1)
    bias = made.strategy.importance["2.bias"]
    assert (bias[:2] > 0).all()
    assert torch.equal(bias[2:], torch.zeros(4, dtype=torch.float64))
