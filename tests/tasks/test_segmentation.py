"""Segmentation: labels go with their pixels, void pixels reach nothing, stops change no byte."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hembench.augmentations import crop_and_flip, random_crop
from hembench.core import plugins
from hembench.core.errors import InputError
from hembench.engine.inference import build_seeded
from hembench.metrics.iou import iou
from hembench.networks import fcn
from hembench.optimisers import adam
from hembench.tasks.segmentation import UNKNOWN, Joint, Pixels, begin_with, predict, train

CLASSES, SIDE, IGNORED = 3, 8, 255
RECIPE = {
    "optimiser": {"name": "adam", "learning_rate": 0.02},
    "epochs": 3,
    "batch_size": 4,
    "schedule": {"milestones": [], "factor": 0.1},
    "warmup": {"epochs": 0, "start_factor": 0.01},
    "augmentation": {"name": "random_crop", "flip": True, "height": 6, "width": 7},
    "precision": "float32",
    "channels_last": False,
    "compile": False,
    "processes": 1,
}
OPTIONS = {
    "condition": "scenes-fcn",
    "seed": 0,
    "num_classes": CLASSES,
    "image_shape": [3, SIDE, SIDE],
    "ignored": IGNORED,
    "normalise": None,
    "loss": {"name": "ce", "options": {"label_smoothing": 0.0}},
    "network": {"name": "fcn", "options": {"channels": 4}},
    "recipe": RECIPE,
    "batch_size": 4,
}
COUNTS = np.array([400.0, 80.0, 20.0])


def scenes(count=10, seed=0):
    """Return pictures in which colours are classes, with void pixels, and labels as last channel."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(CLASSES, (count, SIDE, SIDE), p=[0.6, 0.3, 0.1]).astype(np.uint8)
    pictures = (100 * labels[:, None] + rng.integers(0, 50, (count, 3, SIDE, SIDE))).astype(np.uint8)
    labels[:, :2, :3] = IGNORED
    return np.concatenate([pictures, labels[:, None]], axis=1)


class Memory:
    """A checkpoint in memory, due after some steps."""

    def __init__(self, stops=()):
        self.stops, self.steps, self.saved = set(stops), 0, None

    def load(self):
        return self.saved

    def due(self):
        self.steps += 1
        return self.steps in self.stops

    def save(self, content, place):
        self.saved = content


def trained(images=None, counts=None, encoder=None, checkpoint=None, loss="ce", **changes):
    options = OPTIONS | changes
    of_loss = plugins.check_options("losses", loss, {})
    options["loss"] = {"name": loss, "options": of_loss}
    parts = {
        "network": fcn.build,
        "loss": plugins.load("losses", loss).build,
        "optimiser": adam.build,
        "augmentation": random_crop.build,
    }
    given = scenes() if images is None else images
    return train(given, counts, encoder, options, parts, "cpu", lambda *_: None, checkpoint or Memory())


def predicted(state, images, first=0, **changes):
    return list(predict(images, first, state, OPTIONS | changes, fcn.build, "cpu"))


def test_it_learns_and_confusion_counts_every_pixel_but_void_ones():
    recipe = RECIPE | {"epochs": 40, "optimiser": {"name": "adam", "learning_rate": 0.005}}
    network = {"name": "fcn", "options": {"channels": 16}}
    state, history = trained(recipe=recipe, network=network)
    test = scenes(6, seed=1)
    found = predicted(state, test, network=network)
    confusion = np.concatenate([matrix for _, matrix in found])
    assert confusion.dtype == np.int64
    assert confusion.sum(axis=(1, 2)).tolist() == [SIDE * SIDE - 6] * 6
    assert iou(confusion) > 0.6  # one class alone has less than 1/3
    assert history["train_loss"][-1] < history["train_loss"][0]
    said = np.concatenate([classes for classes, _ in found])
    assert said.dtype == np.uint8
    assert said.shape == (6, SIDE, SIDE)


def test_what_void_pixels_show_changes_nothing_but_what_is_around_them():
    """A network of 1x1 convolutions: nothing of a void pixel can reach the weights."""
    changed = scenes()
    void = np.repeat(changed[:, -1:] == IGNORED, 3, axis=1)
    changed[:, :-1][void] = 77

    def pointwise(num_classes, image_shape, *, channels):
        return torch.nn.Sequential(
            torch.nn.Conv2d(3, channels, 1), torch.nn.ReLU(), torch.nn.Conv2d(channels, 3, 1)
        )

    for loss in ("ce", "dice", "focal", "hem", "hem_plus", "la", "ln", "mm"):
        parts = {
            "network": pointwise,
            "loss": plugins.load("losses", loss).build,
            "optimiser": adam.build,
            "augmentation": random_crop.build,
        }
        options = OPTIONS | {"loss": {"name": loss, "options": plugins.check_options("losses", loss, {})}}
        one, other = (
            train(images, COUNTS, None, options, parts, "cpu", lambda *_: None, Memory())
            for images in (scenes(), changed)
        )
        assert one[1] == other[1], loss
        assert all(torch.equal(one[0][name], other[0][name]) for name in one[0]), loss


@given(st.integers(0, 2**32), st.integers(1, SIDE), st.integers(1, SIDE))
@settings(max_examples=25, deadline=None)
def test_labels_stay_with_their_pixels(seed, height, width):
    """Pictures that carry their labels as colour: after any crop and flip they still do."""
    labels = torch.randint(0, 256, (5, SIDE, SIDE), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    images = labels[:, None].expand(-1, 4, -1, -1).clone()
    joint = Joint(random_crop.build(flip=True, height=height, width=width))
    changed = joint.apply(images, joint.draw(5, torch.Generator().manual_seed(seed)))
    assert changed.shape == (5, 4, height, width)
    pictures, found = Pixels(IGNORED).split(changed, torch.zeros(5))
    expected = pictures[:, 0].long()
    assert torch.equal(found, torch.where(expected == IGNORED, UNKNOWN, expected))


def test_an_augmentation_that_leaves_labels_behind_is_refused():
    with pytest.raises(InputError, match=r"CropAndFlip .* leaves the labels"):
        Joint(crop_and_flip.build(flip=True, crop_padding=2))


@pytest.mark.parametrize("loss", ["ce", "hem_plus"])
def test_stopped_and_resumed_it_ends_with_the_same_bytes(loss):
    whole, history = trained(counts=COUNTS, loss=loss)
    memory = Memory(stops=(2, 5, 6))
    again, told = trained(counts=COUNTS, loss=loss, checkpoint=memory)
    assert memory.saved is not None
    resumed, last = trained(counts=COUNTS, loss=loss, checkpoint=memory)  # from the last state that was saved
    assert history == told == last
    for name, value in whole.items():
        assert torch.equal(value, again[name])
        assert torch.equal(value, resumed[name])


def test_predictions_from_a_batch_on_are_the_same():
    state, _ = trained()
    test = scenes(10, seed=1)
    whole = predicted(state, test)
    rest = predicted(state, test, first=8)
    assert [len(said) for said, _ in whole] == [4, 4, 2]
    assert np.array_equal(whole[2][0], rest[0][0])
    assert np.array_equal(whole[2][1], rest[0][1])


def test_a_network_that_diverged_says_class_0():
    state, _ = trained()
    broken = {name: torch.full_like(value, torch.nan) for name, value in state.items()}
    assert not any(said.any() for said, _ in predicted(broken, scenes(3)))


def test_losses_see_the_same_batches_whatever_the_global_state():
    """In a process of its own, too: the first weights and the first loss of cross-entropy agree."""
    code = (
        "import sys, torch; sys.path.insert(0, sys.argv[1]); torch.manual_seed(99);"
        "from test_segmentation import trained, RECIPE;"
        "print(trained(recipe=RECIPE | {'epochs': 1})[1]['train_loss'][0].hex())"
    )
    folder = str(__file__).rpartition("/")[0]
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == trained(recipe=RECIPE | {"epochs": 1})[1]["train_loss"][0].hex()
    still = RECIPE | {"epochs": 1, "optimiser": {"name": "adam", "learning_rate": 1e-30}}
    first = [trained(counts=COUNTS, loss=loss, recipe=still)[0] for loss in ("ce", "hem")]
    assert all(torch.equal(first[0][name], first[1][name]) for name in first[0])


def test_all_losses_learn_from_the_same_bytes(monkeypatch):
    """At a rate at which their weights part: pictures and labels of every step are the same all the same."""
    seen, split = [], Pixels.split

    def watched(self, images, labels):
        pictures, truth = split(self, images, labels)
        seen[-1].append((pictures.numpy().tobytes(), truth.numpy().tobytes()))
        return pictures, truth

    monkeypatch.setattr(Pixels, "split", watched)
    states = []
    for loss in ("ce", "hem_plus"):
        seen.append([])
        states.append(trained(counts=COUNTS, loss=loss)[0])
    assert len(seen[0]) == 3 * 3
    assert len(set(seen[0])) == len(seen[0])
    assert seen[0] == seen[1]
    assert not all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_what_a_batch_shows_depends_on_its_position(monkeypatch):
    seen = []
    split = Pixels.split

    def watched(self, images, labels):
        seen.append(images.clone())
        return split(self, images, labels)

    monkeypatch.setattr(Pixels, "split", watched)
    ordered = np.repeat(scenes(1), 8, axis=0)  # one picture: what differs is the crop
    trained(ordered, recipe=RECIPE | {"epochs": 2})
    assert len(seen) == 4
    assert not any(torch.equal(seen[i], seen[j]) for i in range(4) for j in range(i))


def test_images_without_labels_and_several_processes_are_refused():
    with pytest.raises(InputError, match="last channel holds the labels"):
        trained(scenes()[:, :-1])
    with pytest.raises(InputError, match="processes: 2"):
        trained(recipe=RECIPE | {"processes": 2})
    with pytest.raises(InputError, match="last channel holds the labels"):
        predicted({}, scenes()[:, :-1])


class WithEncoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.Conv2d(3, 4, 3, padding=1)
        self.head = torch.nn.Conv2d(4, CLASSES, 1)

    def forward(self, images):
        return self.head(self.encoder(images).relu())


def test_an_encoder_begins_with_its_weights_and_the_rest_as_it_would():
    given = {"weight": torch.ones(4, 3, 3, 3), "bias": torch.zeros(4)}
    options = OPTIONS | {"network": {"name": "x", "options": {}}}
    drawn, begun = (build_seeded(options, lambda *_: WithEncoder(), 3) for _ in range(2))
    begin_with(begun, given)
    assert torch.equal(begun.encoder.weight, given["weight"])
    assert torch.equal(begun.head.weight, drawn.head.weight)
    with pytest.raises(InputError, match="not of this network's encoder"):
        begin_with(begun, {"weight": torch.ones(5)})
    with pytest.raises(InputError, match="no part named encoder"):
        trained(encoder=given)


def test_normalised_networks_are_trained_and_predicted_alike():
    normalise = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.2, 0.2]}
    state, _ = trained(normalise=normalise)
    assert all(name.startswith("network.") for name in state)
    (found, *_) = predicted(state, scenes(2), normalise=normalise)
    plain = {name.removeprefix("network."): value for name, value in state.items()}
    assert found[0].shape == (2, SIDE, SIDE)
    network = build_seeded(OPTIONS, fcn.build)
    network.load_state_dict(plain)
    mean, std = (torch.tensor(normalise[of]).reshape(1, -1, 1, 1) for of in ("mean", "std"))
    with torch.no_grad():
        said = network.eval()((torch.from_numpy(scenes(2)[:, :-1]).float() / 255 - mean) / std).argmax(1)
    assert np.array_equal(found[0], said.numpy())
