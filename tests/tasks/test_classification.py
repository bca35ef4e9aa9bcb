from __future__ import annotations

import numpy as np
import pytest
import torch
from small_cells import IMAGES, LABELS

from hembench.core.checkpoint import Unsaved
from hembench.core.errors import InputError, StoppedError, StoreError
from hembench.losses import hem, la
from hembench.networks import mlp
from hembench.optimisers import adam
from hembench.tasks import classification

OPTIONS = {
    "task": "classification",
    "condition": "digits-mlp",
    "seed": 0,
    "num_classes": 10,
    "image_shape": [1, 8, 8],
    "loss": {"name": "hem", "options": {"power": 0.5}},
    "network": {"name": "mlp", "options": {"width": 40, "depth": 1}},
    "batch_size": 100,
    "recipe": {
        "optimiser": {"name": "adam", "learning_rate": 0.005, "weight_decay": 0.0},
        "epochs": 8,
        "batch_size": 32,
        "schedule": {"milestones": [], "factor": 0.1},
        "warmup": {"epochs": 0, "start_factor": 0.01},
        "augmentation": None,
        "precision": "float32",
        "channels_last": False,
        "compile": False,
        "processes": 1,
    },
}


@pytest.fixture(scope="module")
def digits():
    return IMAGES, LABELS


def parts(build_loss=hem.build):
    return {"network": mlp.build, "loss": build_loss, "optimiser": adam.build}


def train(digits, options=OPTIONS, build_loss=hem.build, progress=lambda share, words: None, checkpoint=None):
    images, labels = digits[0][:1000], digits[1][:1000]
    counts = np.bincount(labels, minlength=10)
    kept = checkpoint or Unsaved()
    return classification.train(images, labels, counts, options, parts(build_loss), "cpu", progress, kept)


@pytest.fixture(scope="module")
def trained(digits):
    return train(digits)


def test_a_small_network_learns_the_digits(digits, trained):
    state, history = trained
    logits = classification.predict(digits[0][1000:], state, OPTIONS, mlp.build, "cpu")
    assert logits.dtype == np.float32
    assert logits.shape == (797, 10)
    assert (logits.argmax(1) == digits[1][1000:]).mean() > 0.9
    assert history["train_accuracy"][-1] > 0.93
    assert {len(values) for values in history.values()} == {8}


def test_predictions_equal_the_network_by_hand(digits, trained):
    state, _ = trained
    x = digits[0][:230].reshape(230, 64).astype(np.float64) / 255
    first, second = (state[f"{layer}.weight"].double().numpy() for layer in (1, 3))
    biases = [state[f"{layer}.bias"].double().numpy() for layer in (1, 3)]
    expected = np.maximum(x @ first.T + biases[0], 0) @ second.T + biases[1]
    found = classification.predict(digits[0][:230], state, OPTIONS, mlp.build, "cpu")
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_batch_of_predictions_knows_nothing_of_the_next(digits, trained):
    state, _ = trained
    whole = classification.predict(digits[0][:250], state, OPTIONS, mlp.build, "cpu")
    part = classification.predict(digits[0][100:200], state, OPTIONS, mlp.build, "cpu")
    assert np.array_equal(whole[100:200], part)


def test_the_loss_gets_its_options_and_the_counts(digits):
    asked = {}

    def build_loss(num_classes, counts, **options):
        asked.update(num_classes=num_classes, counts=counts, options=options)
        return la.build(num_classes, counts)

    train(digits, build_loss=build_loss)
    assert asked["num_classes"] == 10
    assert asked["counts"] == np.bincount(digits[1][:1000]).tolist()
    assert all(type(count) is int for count in asked["counts"])
    assert asked["options"] == {"power": 0.5}


def test_another_seed_is_another_training_and_the_same_one_the_same(digits, trained):
    other, _ = train(digits, {**OPTIONS, "seed": 1})
    torch.manual_seed(99)
    again, history = train(digits)
    assert history == trained[1]
    assert all(torch.equal(again[name], value) for name, value in trained[0].items())
    assert not torch.equal(other["1.weight"], again["1.weight"])


def test_initial_weights_come_from_condition_and_seed(digits):
    made = []

    def watched(*arguments, **options):
        made.append(mlp.build(*arguments, **options))
        return made[-1]

    short = {**OPTIONS, "recipe": {**OPTIONS["recipe"], "optimiser": {**OPTIONS["recipe"]["optimiser"]}}}
    short["recipe"]["epochs"], short["recipe"]["optimiser"]["learning_rate"] = 1, 1e-12  # weights stay as drawn
    images, labels, counts = digits[0][:50], digits[1][:50], np.ones(10, np.int64)
    for changes in ({}, {"seed": 1}, {"condition": "other"}, {"loss": {"name": "hem", "options": {"power": 1.0}}}):
        classification.train(
            images,
            labels,
            counts,
            {**short, **changes},
            {**parts(), "network": watched},
            "cpu",
            lambda share, words: None,
            Unsaved(),
        )
    first, seed, condition, loss = (network[1].weight.detach() for network in made)
    assert not torch.allclose(first, seed, atol=1e-3)
    assert not torch.allclose(first, condition, atol=1e-3)
    assert torch.allclose(first, loss, atol=1e-6)


def test_predicting_leaves_the_caller_s_random_state_alone(digits, trained):
    before = torch.get_rng_state()
    classification.predict(digits[0][:10], trained[0], OPTIONS, mlp.build, "cpu")
    assert torch.equal(before, torch.get_rng_state())


def test_wrong_sets_are_errors(digits, trained):
    images, labels = digits[0][:50], digits[1][:50]
    arguments = (np.ones(10, np.int64), OPTIONS, parts(), "cpu", lambda share, words: None, Unsaved())
    with pytest.raises(InputError, match=r"expected \(N, 1, 8, 8\)"):
        classification.train(images[:, :, :4], labels, *arguments)
    with pytest.raises(InputError, match="training set has images"):
        classification.train(images, labels[:4], *arguments)
    with pytest.raises(InputError, match=r"lie in \[0, 12\]; expected \[0, 10\)"):
        classification.train(images, np.where(labels == 1, 12, labels), *arguments)
    with pytest.raises(InputError, match=r"the network takes \[1, 8, 8\] each"):
        classification.predict(images[:, :, :4], trained[0], OPTIONS, mlp.build, "cpu")


class Kept:
    """Keeps the last state; a save is due after every ``every`` steps, and the ``stop``-th one stops."""

    def __init__(self, every, stop=0, content=None):
        self.every, self.left, self.content, self.places = every, stop, content, []
        self.asked = 0

    def load(self):
        return self.content

    def due(self):
        self.asked += 1
        return self.asked % self.every == 0

    def save(self, content, place):
        self.content = content
        self.places.append(place)
        self.left -= 1
        if self.left == 0:
            raise StoppedError("stopped", 15)


def test_a_stopped_training_goes_on_to_the_same_weights_and_history(digits, trained):
    first = Kept(every=45, stop=3)
    with pytest.raises(StoppedError):
        train(digits, checkpoint=first)
    assert first.places[-1] == "epoch 5 of 8, step 7"  # 32 steps an epoch
    told = []
    second = Kept(every=50, content=first.content)
    state, history = train(digits, progress=lambda *shown: told.append(shown), checkpoint=second)
    assert told[0] == (pytest.approx((4 + 7 * 32 / 1000) / 8), "epoch 5 of 8, step 7")
    assert second.asked == 8 * 32 - 3 * 45, "it did none of the work again"
    assert history == trained[1]
    assert all(torch.equal(state[name], value) for name, value in trained[0].items())


def test_a_state_of_another_cell_is_refused(digits):
    first = Kept(every=5, stop=1)
    with pytest.raises(StoppedError):
        train(digits, checkpoint=first)
    with pytest.raises(StoreError, match="another training"):
        train(digits, {**OPTIONS, "seed": 1}, checkpoint=Kept(every=5, content=first.content))
