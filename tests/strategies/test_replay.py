"""Replay: what is in the memory, when, and how it is gone through."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from hembench.strategies import replay


def memories(course, **options):
    """The memory after each of three episodes; none held a sample of an episode before its end."""
    made = course("replay", options)
    found = []
    for _ in range(3):
        before = made.strategy.memory.clone()
        made.learn(1, epochs=2)
        own = made.learner.episodes[made.strategy.finished - 1]
        assert not torch.isin(before, own).any()
        found.append(made.strategy.memory)
    return made, found


def test_no_sample_of_an_episode_is_replayed_before_its_end(course):
    made, _ = memories(course, size=12)
    for number, shown in enumerate(made.shown):
        episode = number // 6
        past = torch.cat([made.labels.new_empty(0), *made.learner.episodes[:episode]])
        own, replayed = shown[:8], shown[8:]
        assert torch.isin(own, made.learner.episodes[episode]).all()
        assert torch.isin(replayed, past).all()
        assert len(replayed) == (0 if episode == 0 else 8)


@pytest.mark.parametrize("size", [6, 7, 11, 12, 30])
def test_the_memory_is_full_and_balanced_over_the_classes_seen(course, size):
    made, found = memories(course, size=size)
    for finished, memory in enumerate(found, start=1):
        assert len(memory) == min(size, 24 * finished)
        assert len(memory.unique()) == len(memory)
        counts = torch.bincount(made.labels[memory], minlength=6)
        assert counts[2 * finished :].sum() == 0
        if size <= 24:
            seen = counts[: 2 * finished]
            assert seen.max() - seen.min() <= 1
            assert (seen[:-1] >= seen[1:]).all()  # a remainder goes to the first ones


def test_balanced_over_episodes(course):
    made, found = memories(course, size=10, balance="episode")
    for finished, memory in enumerate(found, start=1):
        counts = [int(torch.isin(memory, episode).sum()) for episode in made.learner.episodes]
        assert counts == [[10, 0, 0], [5, 5, 0], [4, 3, 3]][finished - 1]


def test_a_shrinking_share_keeps_a_part_of_what_was_there(course):
    made, found = memories(course, size=12)
    for before, after in pairwise(found):
        old = after[torch.isin(after, before)]
        past = torch.isin(made.labels[after], made.labels[before].unique())
        assert torch.equal(old, after[past])


def test_every_subset_is_as_likely(course):
    """8 of 12 samples of a class, over 400 seeds: each is in the memory with probability 2/3."""
    made = course("replay", {"size": 16})
    times = torch.zeros(72)
    for seed in range(400):
        strategy = replay.build(replace(made.learner, seed=seed), size=16)
        strategy.finish(made.batches)
        times[strategy.memory] += 1
    first = times[made.learner.episodes[0]]
    assert (first / 400 - 2 / 3).abs().max() < 0.12
    assert first.sum() == 400 * 16


def test_the_memory_is_gone_through_in_shuffled_rounds(course):
    made = course("replay", {"size": 12}).learn(1)
    memory = made.strategy.memory
    drawn = torch.cat([made.strategy.joined(torch.arange(8), 5, step)[8:] for step in range(6)])
    rounds = drawn.reshape(4, 12)
    for each in rounds:
        assert torch.equal(each.sort().values, memory.sort().values)
    assert len({tuple(each.tolist()) for each in rounds}) == 4
    other_epoch = torch.cat([made.strategy.joined(torch.arange(8), 6, step)[8:] for step in range(6)])
    assert not torch.equal(drawn, other_epoch)


def test_of_a_memory_smaller_than_a_batch_every_sample_is_in_every_batch(course):
    made = course("replay", {"size": 5}).learn(1)
    for step in range(3):
        replayed = made.strategy.joined(torch.arange(8), 1, step)[8:]
        assert torch.equal(replayed.sort().values, made.strategy.memory.sort().values)


def test_so_many_are_replayed_as_is_asked_for(course):
    made = course("replay", {"size": 12, "batch": 3}).learn(1)
    assert len(made.strategy.joined(torch.arange(8), 1, 0)) == 8 + 3


def test_the_loss_is_the_criterion_of_the_joint_batch(course):
    made = course("replay", {"size": 12}).learn(1)
    samples = made.strategy.joined(made.learner.episodes[1][:8], 3, 0)
    loss, total = made.total(samples)
    both = torch.nn.functional.cross_entropy(made.model(made.images[samples]), made.labels[samples])
    assert torch.equal(loss, total)
    torch.testing.assert_close(total, both)


def test_the_same_memory_whatever_the_loss(course):
    one = course("replay", {"size": 9}).learn(2)
    other = course("replay", {"size": 9}, criterion=torch.nn.functional.multi_margin_loss).learn(2)
    assert torch.equal(one.strategy.memory, other.strategy.memory)
    for mine, theirs in zip(one.shown, other.shown, strict=True):
        assert torch.equal(mine, theirs)
