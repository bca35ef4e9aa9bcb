"""The benchmarks of the paper and the two small ones: classes split between episodes, pixels permuted."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hembench.core import plugins
from hembench.core.errors import ConfigError, InputError
from hembench.datasets import digits
from hembench.episodes._episode import Episode

SPLIT = ["split_digits", "split_mnist", "split_cifar10", "split_cifar100"]
PERMUTED = ["permuted_digits", "permuted_mnist"]


@pytest.mark.parametrize("name", SPLIT + PERMUTED)
def test_its_one_option_is_the_number_of_episodes_five_by_default(name):
    _, options = plugins.signature("episodes", name)
    assert {option: known.default for option, known in options.items()} == {"episodes": 5}


def test_two_benchmarks_of_a_data_set_do_not_share_a_stream(divided):
    assert divided("split_mnist")[0].classes != divided("split_digits")[0].classes
    assert divided("split_mnist", 1)[0].classes != divided("split_cifar10", 1)[0].classes


@pytest.mark.parametrize("name", SPLIT)
def test_every_class_is_in_exactly_one_episode_and_all_have_as_many(name, divided):
    episodes = divided(name)
    number = plugins.constants("datasets", plugins.load("episodes", name).DATASET)["NUM_CLASSES"]
    assert len(episodes) == 5
    assert sorted(one for each in episodes for one in each.classes) == list(range(number))
    assert {len(each.classes) for each in episodes} == {number // 5}
    assert all(each.pixels is None for each in episodes)


@pytest.mark.parametrize("name", SPLIT)
def test_the_order_of_the_classes_is_random(name, divided):
    """Over 200 seeds each class is the first one now and then; none of the orders is the data-set's own."""
    firsts = [divided(name, seed)[0].classes for seed in range(200)]
    assert {one for classes in firsts for one in classes} == set(range(max(map(max, firsts)) + 1))
    assert sum(classes == tuple(range(len(classes))) for classes in firsts) <= 8  # of 90 orders of two digits


@pytest.mark.parametrize("name", PERMUTED)
def test_every_episode_has_all_classes_and_an_order_of_its_own_the_first_too(name, divided):
    episodes = divided(name)
    pixels = np.prod(plugins.constants("datasets", plugins.load("episodes", name).DATASET)["IMAGE_SHAPE"][1:])
    orders = [each.pixels for each in episodes]
    assert len(orders) == 5
    for order in orders:
        assert sorted(order.tolist()) == list(range(pixels))
        assert (order != np.arange(pixels)).mean() > 0.9
    for one, other in pairwise(orders):
        assert (one != other).mean() > 0.9
    assert {each.classes for each in episodes} == {tuple(range(10))}


def test_fewer_episodes_of_a_permuted_benchmark_are_the_first_ones(divided):
    three, five = divided("permuted_mnist", episodes=3), divided("permuted_mnist")
    assert len(three) == 3
    assert all(np.array_equal(one.pixels, other.pixels) for one, other in zip(three, five[:3], strict=True))


@pytest.mark.parametrize("name", SPLIT)
@pytest.mark.parametrize("episodes", [3, 7])
def test_classes_that_cannot_be_shared_are_refused(name, episodes, divided):
    with pytest.raises(InputError, match=f"{name}: episodes={episodes}: expected"):
        divided(name, episodes=episodes)


@pytest.mark.parametrize("name", ["split_mnist", "permuted_mnist"])
def test_a_single_episode_is_none(name, divided):
    with pytest.raises(InputError, match="episodes=1"):
        divided(name, episodes=1)
    with pytest.raises(ConfigError, match="at least 2, got 1"):
        plugins.check_options("episodes", name, {"episodes": 1})


# -- images


def test_images_of_an_episode_are_those_of_its_classes():
    labels = np.array([3, 1, 2, 3, 0, 1], dtype=np.int64)
    assert Episode((1, 3)).numbers(labels).tolist() == [0, 1, 3, 5]


def test_pixels_go_where_they_are_said_to_go_in_all_channels():
    images = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 2, 2)
    order = np.array([2, 0, 3, 1])
    changed = Episode((0,), order).changed(images)
    for image in range(2):
        for channel in range(3):
            for place in range(4):
                assert (
                    changed.reshape(2, 3, 4)[image, channel, place]
                    == images.reshape(2, 3, 4)[image, channel, order[place]]
                )
    assert Episode((0,)).changed(images) is images


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    digits.fetch(folder)
    return folder


@pytest.mark.parametrize("name", ["split_digits", "permuted_digits"])
def test_no_test_image_is_among_the_training_images_of_any_episode(name, raw, divided):
    images, labels = digits.train(raw)
    of_test, labels_of_test = digits.test(raw)
    tested = {image.tobytes() for image in of_test}
    seen = 0
    for episode in divided(name):
        training = images[episode.numbers(labels)]
        assert not tested & {image.tobytes() for image in training}
        assert set(labels[episode.numbers(labels)]) == set(episode.classes)
        assert set(labels_of_test[episode.numbers(labels_of_test)]) == set(episode.classes)
        seen += len(training)
    assert seen == len(images) * (5 if name == "permuted_digits" else 1)


def test_the_means_of_the_digits_are_theirs(raw):
    values = digits.train(raw)[0] / 255
    facts = plugins.constants("episodes", "split_digits")
    assert facts["MEAN"][0] == pytest.approx(values.mean(), abs=5e-5)
    assert facts["STD"][0] == pytest.approx(values.std(), abs=5e-5)
    permuted = plugins.constants("episodes", "permuted_digits")
    assert (permuted["MEAN"], permuted["STD"]) == (facts["MEAN"], facts["STD"])
