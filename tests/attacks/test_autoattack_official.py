from __future__ import annotations

import random
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from hembench.attacks import autoattack_paper
from hembench.attacks._result import UNFOOLED, WRONG_BEFORE
from hembench.attacks.autoattack_official import ATTACKS, attack
from hembench.core.errors import InputError

WEAK = {"steps": 8, "queries": 60}


class Watched(nn.Module):
    """Counts what a network is asked, in images; more classes are added as logits that never win."""

    def __init__(self, inner, more_classes=0):
        super().__init__()
        self.inner, self.more, self.asked = inner, more_classes, 0

    def forward(self, images):
        self.asked += len(images)
        found = self.inner(images)
        return nn.functional.pad(found, (0, self.more), value=-50.0)


class Flat(nn.Module):
    """A network that shatters its gradient: it says the same in a neighbourhood of each image."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, images):
        return self.inner((images * 4).round() / 4)


@pytest.mark.parametrize(("norm", "eps"), [("Linf", 0.06), ("L2", 0.35)])
def test_it_is_the_authors_composition_on_the_images_that_were_right(digits, norm, eps):
    import torchattacks

    images, labels, network = digits[0][:40], digits[1][:40].clone(), digits[2]
    labels[::10] = (labels[::10] + 1) % 10  # wrong from the start
    common = {"norm": norm, "eps": eps, "seed": 7, "n_restarts": 1}
    parts = [
        torchattacks.APGD(network, **common, loss="ce", steps=100),
        torchattacks.APGDT(network, **common, n_classes=10, steps=100),
        torchattacks.FAB(network, **common, multi_targeted=True, n_classes=10, steps=100),
        torchattacks.Square(network, **common, n_queries=5000),
    ]
    expected = images.clone()
    account = torch.full_like(labels, WRONG_BEFORE)
    rest = (network(images).argmax(1) == labels).nonzero().squeeze(1)
    account[rest] = UNFOOLED
    with warnings.catch_warnings(), torch.random.fork_rng():
        warnings.simplefilter("ignore")
        for number, part in enumerate(parts):
            found = part(images[rest], labels[rest]).detach()
            wrong = network(found).argmax(1) != labels[rest]
            expected[rest[wrong]] = found[wrong]
            account[rest[wrong]] = number
            rest = rest[~wrong]
    attacked = attack(network, images, labels, 7, norm=norm, eps=eps, num_classes=10)
    assert attacked.fooled_by.tolist() == account.tolist()
    assert {UNFOOLED, WRONG_BEFORE, 0} <= set(account.tolist())
    assert torch.equal(attacked.images, expected)
    assert attacked.attacks == ATTACKS


def test_images_that_were_wrong_before_change_nothing_for_the_others(digits):
    """They are not in the batch, whose content decides about bits and random starts."""
    images, labels, network = digits[0][:40], digits[1][:40], digits[2]
    right = network(images).argmax(1) == labels
    spoilt = labels.clone()
    spoilt[::4] = (labels[::4] + 1) % 10
    kept = right & (spoilt == labels)
    whole = attack(network, images, spoilt, 3, norm="L2", eps=0.3, num_classes=10, **WEAK)
    alone = attack(network, images[kept], labels[kept], 3, norm="L2", eps=0.3, num_classes=10, **WEAK)
    assert torch.equal(whole.images[kept], alone.images)
    assert torch.equal(whole.fooled_by[kept], alone.fooled_by)
    wrong = network(images).argmax(1) != spoilt
    assert set(whole.fooled_by[wrong].tolist()) == {WRONG_BEFORE}
    assert torch.equal(whole.images[wrong], images[wrong])
    assert not any(flag[wrong].any() for flag in whole.flags.values())


def test_more_steps_flip_what_the_paper_s_ten_leave(digits):
    images, labels, network = digits[0][:300], digits[1][:300], digits[2]
    budget = {"norm": "Linf", "eps": 0.05, "num_classes": 10, "queries": 1}
    ten = autoattack_paper.attack(network, images, labels, 0, **budget)
    hundred = attack(network, images, labels, 0, **budget)
    assert (hundred.fooled_by == UNFOOLED).sum() <= (ten.fooled_by == UNFOOLED).sum()
    assert not torch.equal(hundred.images, ten.images)


def test_nine_targets_whatever_the_number_of_classes(digits):
    images, labels, network = digits[0][:12], digits[1][:12], digits[2]
    asked, results = [], []
    for more in (0, 30):
        watched = Watched(network, more)
        results.append(attack(watched, images, labels, 0, norm="Linf", eps=1e-4, num_classes=10 + more, **WEAK))
        asked.append(watched.asked)
    assert asked[0] == asked[1]
    assert torch.equal(results[0].fooled_by, results[1].fooled_by)


def test_fewer_classes_are_fewer_targets():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 4)).eval()
    images = torch.rand(10, 1, 4, 4)
    labels = network(images).argmax(1)
    for eps in (1e-5, 0.5):
        attacked = attack(network, images, labels, 0, norm="Linf", eps=eps, num_classes=4, **WEAK)
        assert set(attacked.fooled_by.tolist()) == ({UNFOOLED} if eps < 0.1 else {0})


@pytest.mark.parametrize(("norm", "eps"), [("Linf", 0.05), ("L2", 0.3), ("Linf", 0.5), ("L2", 4.0)])
def test_images_stay_in_the_ball_and_in_range(digits, norm, eps):
    images, labels, network = digits[0][:80], digits[1][:80], digits[2]
    attacked = attack(network, images, labels, 1, norm=norm, eps=eps, num_classes=10, **WEAK)
    assert attacked.images.min() >= 0
    assert attacked.images.max() <= 1
    change = (attacked.images - images).flatten(1)
    distance = change.abs().amax(1) if norm == "Linf" else change.norm(dim=1)
    assert distance.max() <= eps * (1 + 1e-5)
    assert torch.equal(distance > 0, attacked.fooled_by >= 0)
    assert torch.equal(network(attacked.images).argmax(1) != labels, attacked.fooled_by != UNFOOLED)


def test_doubts_where_there_is_no_gradient(digits):
    """Both flags, and what is flipped falls to the part that sees logits alone."""
    images, labels, network = digits[0][:60], digits[1][:60], Flat(digits[2])
    attacked = attack(network, images, labels, 0, norm="Linf", eps=0.2, num_classes=10, **WEAK)
    right = attacked.fooled_by != WRONG_BEFORE
    assert right.sum() > 30
    assert torch.equal(attacked.flags["zero_gradient"], right)
    assert torch.equal(attacked.flags["zero_gradient_dlr"], right)
    assert (attacked.fooled_by == ATTACKS.index("square")).sum() > 0


def test_saturation_is_told_apart_from_flatness(digits):
    """Scaled logits have no gradient of cross-entropy in float32; the loss without a scale still has one."""
    images, labels, inner = digits
    network = nn.Sequential(inner, nn.Linear(10, 10, bias=False)).eval()
    with torch.no_grad():
        network[1].weight.copy_(1e4 * torch.eye(10))
    attacked = attack(network, images[:60], labels[:60], 0, norm="Linf", eps=0.1, num_classes=10, **WEAK)
    assert attacked.flags["zero_gradient"].float().mean() > 0.5
    assert not attacked.flags["zero_gradient_dlr"].any()


def test_the_caller_s_random_state_and_model_neither_matter_nor_change(digits):
    images, labels, network = digits[0][:30], digits[1][:30], digits[2]
    network.zero_grad()
    results = []
    try:
        for poison in (1, 2):
            random.seed(poison)
            np.random.seed(poison)
            torch.manual_seed(poison)
            network.train(poison == 2)
            before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
            results.append(attack(network, images, labels, 5, norm="L2", eps=0.3, num_classes=10, **WEAK))
            assert before == (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
            assert network[2].training == (poison == 2)
            assert all(weight.requires_grad and weight.grad is None for weight in network.parameters())
    finally:
        network.eval()
    assert torch.equal(results[0].images, results[1].images)
    assert torch.equal(results[0].fooled_by, results[1].fooled_by)
    other = attack(network, images, labels, 6, norm="L2", eps=0.3, num_classes=10, **WEAK)
    assert not torch.equal(results[0].images, other.images)


def test_nothing_right_before_comes_back_untouched(digits):
    images, network = digits[0][:8], digits[2]
    attacked = attack(network, images, (network(images).argmax(1) + 1) % 10, 0, norm="L2", eps=1.0, num_classes=10)
    assert attacked.fooled_by.tolist() == [WRONG_BEFORE] * 8
    assert torch.equal(attacked.images, images)


def test_what_it_can_t_attack_is_an_error(digits):
    images, labels, network = digits
    with pytest.raises(InputError, match=r"autoattack_official.*got 3 classes"):
        attack(network, images[:4], labels[:4], 0, norm="L2", eps=0.3, num_classes=3)
    with pytest.raises(InputError, match=r"must lie in \[0, 1\]"):
        attack(network, images[:4] * 255, labels[:4], 0, norm="L2", eps=0.3, num_classes=10)
