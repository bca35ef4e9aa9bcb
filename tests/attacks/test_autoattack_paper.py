from __future__ import annotations

import random
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from hembench.attacks._result import UNFOOLED, WRONG_BEFORE
from hembench.attacks.autoattack_paper import ATTACKS, attack
from hembench.core.errors import InputError

WEAK = {"steps": 3, "queries": 40}


class Scaled(nn.Module):
    """A network that masks its gradient: its logits saturate."""

    def __init__(self, inner, factor):
        super().__init__()
        self.inner, self.factor = inner, factor

    def forward(self, images):
        return self.inner(images) * self.factor


@pytest.mark.parametrize(("norm", "eps"), [("Linf", 0.06), ("L2", 0.35)])
def test_it_equals_the_library_bit_for_bit(digits, norm, eps):
    import torchattacks

    images, labels, network = digits[0][:32], digits[1][:32].clone(), digits[2]
    labels[::10] = (labels[::10] + 1) % 10  # wrong from the start
    reference = torchattacks.AutoAttack(network, norm=norm, eps=eps, version="standard", n_classes=10, seed=7)
    with warnings.catch_warnings(), torch.random.fork_rng():
        warnings.simplefilter("ignore")
        expected = reference(images, labels).detach()
    attacked = attack(network, images, labels, 7, norm=norm, eps=eps, num_classes=10)
    assert torch.equal(attacked.images, expected)
    assert not attacked.images.requires_grad
    # every kind of outcome is in this batch, and the accounts agree with the images
    assert {UNFOOLED, WRONG_BEFORE, 0} <= set(attacked.fooled_by.tolist())
    clean_right = network(images).argmax(1) == labels
    assert torch.equal(attacked.fooled_by != WRONG_BEFORE, clean_right)
    assert torch.equal(attacked.fooled_by >= 0, clean_right & (network(expected).argmax(1) != labels))
    untouched = attacked.fooled_by < 0
    assert torch.equal(attacked.images[untouched], images[untouched])


def test_later_parts_are_named_where_the_first_one_fails(digits):
    images, labels, network = digits
    network = Scaled(network, 1e4)  # cross-entropy's gradient vanishes, the scale-free DLR loss does not care
    attacked = attack(network, images[:60], labels[:60], 0, norm="Linf", eps=0.1, num_classes=10, **WEAK)
    assert (attacked.fooled_by >= 1).sum() > 5
    assert attacked.flags["zero_gradient"].float().mean() > 0.5
    assert attacked.attacks == ATTACKS == ("apgd_ce", "apgd_targeted", "fab_targeted", "square")


def test_fewer_targets_ask_less_and_all_of_them_are_the_default(digits):
    images, labels, network = digits[0][:12], digits[1][:12], digits[2]
    asked = {}
    for targets in (None, 9, 3, 1):
        passes = []
        handle = network.register_forward_hook(lambda model, given, logits, to=passes: to.append(len(given[0])))
        attack(network, images, labels, 0, norm="Linf", eps=1e-4, num_classes=10, targets=targets, **WEAK)
        handle.remove()
        asked[targets] = sum(passes)
    assert asked[None] == asked[9] > asked[3] > asked[1]


def test_an_ordinary_network_has_no_zero_gradients(digits):
    images, labels, network = digits
    attacked = attack(network, images[:40], labels[:40], 0, norm="Linf", eps=0.01, num_classes=10, **WEAK)
    assert not attacked.flags["zero_gradient"].any()


@pytest.mark.parametrize(("norm", "eps"), [("Linf", 0.05), ("L2", 0.3), ("Linf", 0.5), ("L2", 4.0)])
def test_images_stay_in_the_ball_and_in_range(digits, norm, eps):
    images, labels, network = digits
    attacked = attack(network, images[:100], labels[:100], 1, norm=norm, eps=eps, num_classes=10, **WEAK)
    assert attacked.images.min() >= 0
    assert attacked.images.max() <= 1
    change = (attacked.images - images[:100]).flatten(1)
    distance = change.abs().amax(1) if norm == "Linf" else change.norm(dim=1)
    assert distance.max() <= eps * (1 + 1e-5)
    assert (distance[attacked.fooled_by < 0] == 0).all()
    assert (distance[attacked.fooled_by >= 0] > 0).all()


@pytest.mark.parametrize(("norm", "eps"), [("Linf", 0.4), ("L2", 3.0)])
def test_an_undefended_network_falls_at_a_big_budget(digits, norm, eps):
    images, labels, network = digits
    attacked = attack(network, images[:200], labels[:200], 1, norm=norm, eps=eps, num_classes=10, **WEAK)
    right = network(attacked.images).argmax(1) == labels[:200]
    assert (network(images[:200]).argmax(1) == labels[:200]).float().mean() > 0.85
    assert right.float().mean() < 0.02


def test_the_caller_s_random_state_neither_matters_nor_changes(digits):
    images, labels, network = digits
    results = []
    for poison in (1, 2):
        random.seed(poison)
        np.random.seed(poison)
        torch.manual_seed(poison)
        before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
        results.append(attack(network, images[:40], labels[:40], 5, norm="L2", eps=0.3, num_classes=10, **WEAK))
        assert before == (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
    assert torch.equal(results[0].images, results[1].images)
    assert torch.equal(results[0].fooled_by, results[1].fooled_by)
    other = attack(network, images[:40], labels[:40], 6, norm="L2", eps=0.3, num_classes=10, **WEAK)
    assert not torch.equal(results[0].images, other.images)


def test_the_model_is_attacked_in_evaluation_mode_and_given_back_as_it_was(digits):
    images, labels, network = digits
    expected = attack(network, images[:40], labels[:40], 5, norm="Linf", eps=0.05, num_classes=10, **WEAK)
    network.zero_grad()
    try:
        network.train()
        network[1].eval()
        network[4].weight.requires_grad_(False)
        found = attack(network, images[:40], labels[:40], 5, norm="Linf", eps=0.05, num_classes=10, **WEAK)
        assert torch.equal(found.images, expected.images)
        assert torch.equal(found.fooled_by, expected.fooled_by)
        assert [module.training for module in network] == [True, False, True, True, True]
        assert [weight.requires_grad for weight in network.parameters()] == [True, True, False, True]
        assert all(weight.grad is None for weight in network.parameters())
    finally:
        network.eval().requires_grad_(True)


def test_images_of_a_network_that_says_nothing_finite_count_as_wrong_before(digits):
    images, labels, network = digits
    attacked = attack(Scaled(network, float("nan")), images[:8], labels[:8], 0, norm="L2", eps=1.0, num_classes=10)
    assert attacked.fooled_by.tolist() == [WRONG_BEFORE] * 8
    assert torch.equal(attacked.images, images[:8])


def test_a_batch_of_one(digits):
    images, labels, network = digits
    right = (network(images).argmax(1) == labels).nonzero()[0]
    attacked = attack(network, images[right], labels[right], 0, norm="Linf", eps=0.5, num_classes=10, **WEAK)
    assert attacked.fooled_by.tolist() == [0]


def test_fewer_than_four_classes_are_an_error(digits):
    images, labels, network = digits
    with pytest.raises(InputError, match="got 3 classes"):
        attack(network, images[:4], labels[:4], 0, norm="L2", eps=0.3, num_classes=3)


def test_images_out_of_range_are_an_error(digits):
    images, labels, network = digits
    with pytest.raises(InputError, match=r"must lie in \[0, 1\]"):
        attack(network, images[:4] * 255, labels[:4], 0, norm="L2", eps=0.3, num_classes=10)
