"""What every file of episodes/ has to do: a data-set divided by (benchmark, seed) alone."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from hembench.core import plugins

PAPER = {"permuted_mnist", "split_mnist", "split_cifar10", "split_cifar100"}
NAMES = plugins.names("episodes")
every_benchmark = pytest.mark.parametrize("name", NAMES)


def described(episodes):
    return [(each.classes, None if each.pixels is None else each.pixels.tolist()) for each in episodes]


def test_the_four_of_the_paper_are_there_and_have_five_episodes(divided):
    assert set(NAMES) >= PAPER
    assert {len(divided(name)) for name in PAPER} == {5}


@every_benchmark
def test_its_file_says_what_the_plan_needs_without_importing_it(name):
    facts = plugins.constants("episodes", name)
    of_dataset = plugins.constants("datasets", facts["DATASET"])
    assert facts["NAME"] == name
    assert facts["INCREMENTAL"]
    assert set(facts["INCREMENTAL"]) <= {"class", "task", "domain"}
    assert len(facts["MEAN"]) == len(facts["STD"]) == of_dataset["IMAGE_SHAPE"][0]
    assert all(0 < value < 1 for value in (*facts["MEAN"], *facts["STD"]))


@every_benchmark
def test_it_can_know_neither_the_loss_nor_the_strategy(name):
    """The paper: for each trial a random sequence of sub-sets, the same for every loss."""
    positional, options = plugins.signature("episodes", name)
    assert positional == ("seed", "num_classes", "image_shape")
    assert not any(option.required for option in options.values())
    assert "global" not in inspect.getsource(plugins.load("episodes", name))


@every_benchmark
def test_the_same_seed_gives_the_same_episodes_whatever_the_global_state_and_another_seed_others(name, divided):
    np.random.seed(1)
    first = described(divided(name))
    np.random.seed(2)
    assert described(divided(name)) == first
    assert described(divided(name, seed=1)) != first


@every_benchmark
def test_episodes_have_classes_of_the_data_set_each_as_many_as_the_others(name, divided):
    """A head is as wide as an episode has classes, and all heads are columns of one table (tasks/_heads.py)."""
    facts = plugins.constants("episodes", name)
    number = plugins.constants("datasets", facts["DATASET"])["NUM_CLASSES"]
    episodes = divided(name)
    assert len(episodes) >= 2
    sizes = {len(each.classes) for each in episodes}
    assert len(sizes) == 1, f"{name}: episodes of {sorted(sizes)} classes: expected as many in each"
    assert min(sizes) >= 2
    for each in episodes:
        assert len(set(each.classes)) == len(each.classes)
        assert set(each.classes) <= set(range(number))
    once = len({one for each in episodes for one in each.classes}) == len(episodes) * max(sizes)
    same = len({each.classes for each in episodes}) == 1
    assert same if facts["INCREMENTAL"] == ("domain",) else once


@every_benchmark
def test_an_order_of_pixels_has_each_of_them_once(name, divided):
    shape = plugins.constants("datasets", plugins.constants("episodes", name)["DATASET"])["IMAGE_SHAPE"]
    for each in divided(name):
        if each.pixels is not None:
            assert sorted(each.pixels.tolist()) == list(range(shape[1] * shape[2]))
