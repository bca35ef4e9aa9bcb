"""Which units take part in the loss of continual learning, and that no other unit leaks into it."""

from __future__ import annotations

import math

import pytest
import torch

from hembench.core.errors import InputError
from hembench.losses import ce, dice, hem, ln, mm
from hembench.tasks._heads import Heads

CLASSES = ((7, 2), (0, 9), (4, 1), (3, 8), (6, 5))
COUNTS = [6000 - 7 * n for n in range(10)]


def heads(units, build=ce.build, **options):
    return Heads(CLASSES, units, COUNTS, lambda size, counts: build(size, counts, **options))


def batch(*classes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.tensor(classes).repeat(4)
    return torch.randn(len(labels), 10, generator=generator, dtype=torch.float64).requires_grad_(), labels


def gradient(criterion, logits, labels):
    return torch.autograd.grad(criterion(logits, labels), logits)[0]


@pytest.mark.parametrize("build", [ce.build, ln.build, dice.build, mm.build, hem.build])
def test_own_is_a_true_two_unit_head(build):
    """By hand: the two columns of the label's episode, in the episode's order."""
    made = heads("own", build)
    logits, labels = batch(0, 9)
    plain = build(2, [sum(COUNTS) // 2, sum(COUNTS) - sum(COUNTS) // 2])
    expected = plain(logits[:, [0, 9]], torch.tensor([0, 1] * 4))
    torch.testing.assert_close(made(logits, labels), expected)
    found = gradient(made, logits, labels)
    assert (found[:, [0, 9]].abs().sum(0) > 0).all()
    assert torch.equal(found[:, [1, 2, 3, 4, 5, 6, 7, 8]], torch.zeros(8, 8, dtype=torch.float64))


def test_replayed_images_use_the_head_of_their_own_episode():
    made = heads("own")
    logits, labels = batch(7, 9, 4)
    units, targets = made.head(logits, labels)
    for row, label in enumerate(labels.tolist()):
        of = next(part for part in CLASSES if label in part)
        assert torch.equal(units[row], logits[row, list(of)])
        assert of[targets[row]] == label


def test_hem_on_two_units_learns():
    """Trap 3: with a mean over wrong classes alone it would be zero; and trap 4, all logits equal."""
    made = heads("own", hem.build)
    for logits, labels in (batch(0, 9), (torch.zeros(2, 10, requires_grad=True), torch.tensor([0, 9]))):
        assert float(made(logits, labels).detach()) > 0
        assert gradient(made, logits, labels).abs().sum() > 0


@pytest.mark.parametrize("units", ["all", "seen", "own", "masked"])
def test_the_margin_is_that_of_the_data_set_in_every_episode(units):
    """Trap 10: N is the data-set's, whatever part of it an episode has and whatever is replayed."""
    made = heads(units, hem.build)
    assert len(made.criteria) == 5
    for criterion in made.criteria:
        assert criterion.margin == pytest.approx(math.sqrt(2000 / sum(COUNTS)), rel=1e-12)


@pytest.mark.parametrize("units", ["all", "seen", "own", "masked"])
def test_the_margin_of_an_episode_is_that_of_its_images(units):
    """Trap 10, the other N: those that the episode learns, shared by its units; none is left without an image."""
    images, seen = [1207, 1102, 1311, 990, 1404], []
    Heads(CLASSES, units, COUNTS, lambda size, counts: seen.append(counts) or hem.build(size, counts), images)
    assert [sum(counts) for counts in seen] == images
    assert all(max(counts) - min(counts) <= 1 for counts in seen)
    made = Heads(CLASSES, units, COUNTS, hem.build, images)
    for criterion, count in zip(made.criteria, images, strict=True):
        assert criterion.margin == pytest.approx(math.sqrt(2000 / count), rel=1e-12)


def test_masked_units_are_there_for_losses_that_take_a_norm():
    """Trap 8, Avalanche's masking: cross-entropy and HEM do not see it, LN all but stops, MM and DICE shrink."""
    ratios = {}
    for name, build in {
        "ce": ce.build,
        "hem": hem.build,
        "mm": mm.build,
        "dice": dice.build,
        "ln": ln.build,
    }.items():
        logits, labels = batch(0, 9)
        own = gradient(heads("own", build), logits, labels).norm()
        ratios[name] = float(gradient(heads("masked", build), logits, labels).norm() / own)
    assert ratios["ce"] == pytest.approx(1, abs=1e-6)
    assert ratios["hem"] == pytest.approx(1, abs=1e-6)
    assert ratios["ln"] < 1e-2
    assert ratios["mm"] < 0.5
    assert ratios["dice"] < 0.5


def test_masked_units_get_no_gradient():
    logits, labels = batch(0, 9)
    found = gradient(heads("masked"), logits, labels)
    assert torch.equal(found[:, [1, 2, 3, 4, 5, 6, 7, 8]], torch.zeros(8, 8, dtype=torch.float64))


def test_all_is_the_plain_criterion():
    logits, labels = batch(0, 9, 4)
    made = heads("all", mm.build)
    assert torch.equal(made(logits, labels), mm.build(10, COUNTS)(logits, labels))
    made.current = 3
    assert torch.equal(made(logits, labels), mm.build(10, COUNTS)(logits, labels))


def test_seen_grows_with_the_episodes():
    made = heads("seen", mm.build)
    for current, seen in [(0, [7, 2]), (1, [7, 2, 0, 9]), (4, [7, 2, 0, 9, 4, 1, 3, 8, 6, 5])]:
        made.current = current
        logits, labels = batch(*seen)
        targets = torch.tensor([seen.index(label) for label in labels.tolist()])
        share = sum(COUNTS) // len(seen) if current < 4 else None
        plain = mm.build(len(seen), [share] * len(seen) if share else COUNTS)
        assert made.criteria[current].num_classes == len(seen)
        units, found = made.head(logits, labels)
        assert torch.equal(units, logits[:, seen])
        assert torch.equal(found, targets)
        torch.testing.assert_close(made(logits, labels), plain(logits[:, seen], targets), rtol=1e-4, atol=0)


def test_unknown_units_are_refused():
    with pytest.raises(InputError, match="units: expected 'all', 'seen', 'own' or 'masked', got 'none'"):
        heads("none")


def test_episodes_of_different_sizes_are_refused():
    with pytest.raises(InputError, match=r"episodes have \[2, 1\] classes: expected as many in each"):
        Heads(((0, 1), (2,)), "own", [5, 5, 5], ce.build)
