"""Continual learning end to end on scikit-learn's digits: what is learnt when; stopping changes no byte."""

from __future__ import annotations

import hashlib
import math
import signal
from typing import ClassVar

import numpy as np
import pytest
import torch
from small_cells import IMAGES, LABELS, OPTIONS, STRATEGIES, TEST, TRAINING, options_of, parts_of, train

from hembench.core.errors import InputError, StoppedError
from hembench.engine.inference import logits
from hembench.engine.loop import Trainer
from hembench.losses import ce, hem
from hembench.networks import mlp
from hembench.tasks import continual


def predict(options, state):
    return continual.predict(IMAGES[TEST], LABELS[TEST], state, options, parts_of(options), "cpu")


def sha256(state):
    return hashlib.sha256(b"".join(n.encode() + state[n].numpy().tobytes() for n in sorted(state))).hexdigest()


def accuracies(options, found):
    """R[k, j]: accuracy on episode j after k episodes, over the units of all classes, or of the episode's own."""
    table = np.zeros((6, 5))
    for j in range(5):
        labels, classes = found[f"labels.episode{j + 1}"], found[f"classes.episode{j + 1}"]
        for k in range(6):
            said = found[f"after{k}.episode{j + 1}"]
            guess = said.argmax(1) if options["incremental"] != "task" else classes[said[:, classes].argmax(1)]
            table[k, j] = (guess == labels).mean()
    return table


@pytest.fixture(scope="module")
def plain():
    options = options_of(epochs=10)
    state, history = train(options)
    return options, state, history, predict(options, state)


def test_weights_are_kept_before_the_training_and_after_each_episode(plain):
    options, state, history, _ = plain
    names = {name.split(".", 1)[0] for name in state}
    assert names == {f"after{k}" for k in range(6)}
    digests = {sha256({n: v for n, v in state.items() if n.startswith(f"after{k}.")}) for k in range(6)}
    assert len(digests) == 6
    assert {len(values) for values in history.values()} == {50}
    factors = [1.0, *[0.5] * 7, 0.25, 0.25]
    schedule = [options["recipe"]["optimiser"]["learning_rate"] * factor for factor in factors]
    assert history["learning_rate"] == pytest.approx(schedule * 5)  # anew with each episode


def test_an_episode_is_learnt_and_the_ones_before_forgotten(plain):
    """What the whole task is about: without a strategy, classes of the last episode alone are known."""
    options, _, _, found = plain
    table = accuracies(options, found)
    assert table[0].mean() < 0.35
    assert np.diag(table[1:]).mean() > 0.8
    assert table[5, :4].mean() < 0.1
    assert sum(len(found[f"labels.episode{j}"]) for j in range(1, 6)) == len(LABELS[TEST])


def test_replay_forgets_less(plain):
    options = options_of("replay", epochs=10)
    state, history = train(options)
    table = accuracies(options, predict(options, state))
    assert table[5].mean() > accuracies(plain[0], plain[3])[5].mean() + 0.2
    assert history["memory_samples"] == [*[None] * 9, 60.0] * 5


def test_the_row_before_training_is_the_network_s_before_training(plain):
    _, state, _, found = plain
    torch.manual_seed(0)
    network = mlp.build(10, (1, 8, 8), width=24, depth=1)
    network.load_state_dict({n.removeprefix("after0.network."): v for n, v in state.items() if "after0." in n})
    chosen = np.isin(LABELS[TEST], found["classes.episode2"])
    images = (torch.from_numpy(IMAGES[TEST][chosen]).float() / 255 - 0.3052) / 0.376
    expected = logits(network, images, 500).numpy()
    np.testing.assert_allclose(found["after0.episode2"], expected, rtol=1e-5, atol=1e-6)


def test_weights_after_so_many_episodes_are_those_that_were_kept(plain):
    _, state, _, _ = plain
    for episodes, number in [(0, 0), (3, 3), (None, 5)]:
        found = continual.weights_after(episodes, state)
        assert set(found) == {"network.1.weight", "network.1.bias", "network.3.weight", "network.3.bias"}
        assert all(torch.equal(one, state[f"after{number}.{name}"]) for name, one in found.items())


def test_no_image_of_a_later_episode_is_seen_before_it():
    seen = []

    def build_loss(size, counts):
        made = ce.build(size, counts)
        made.register_forward_pre_hook(lambda module, given: seen.append(given[1].clone()))
        return made

    options = options_of("replay")
    train(options, build_loss=build_loss)
    order = continual.divided(options, parts_of(options))
    steps = []
    for episode in order:
        steps += [episode] * (2 * -(-int(np.isin(LABELS[TRAINING], episode.classes).sum()) // 32))
    assert len(steps) == len(seen)
    past = set()
    for number, (episode, labels) in enumerate(zip(steps, seen, strict=True)):
        if number and steps[number - 1] is not episode:
            past |= set(steps[number - 1].classes)
        assert set(labels.tolist()) <= past | set(episode.classes)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_two_losses_see_the_same_images_in_the_same_order(strategy):
    def watched(build, seen):
        def build_loss(size, counts):
            made = build(size, counts)
            made.register_forward_pre_hook(lambda module, given: seen.append(given[1].tolist()))
            return made

        return build_loss

    one, other = [], []
    first, _ = train(options_of(strategy), build_loss=watched(ce.build, one))
    second, _ = train(options_of(strategy), build_loss=watched(hem.build, other))
    assert one == other
    initial = [n for n in first if n.startswith("after0.")]
    assert all(torch.equal(first[n], second[n]) for n in initial)
    assert sha256(first) != sha256(second)


def test_permuted_images_are_tested_as_they_were_learnt():
    options = options_of("replay", "permuted_digits", epochs=5)
    state, _ = train(options)
    found = predict(options, state)
    table = accuracies(options, found)
    assert (np.diag(table[1:]) > 0.6).all()
    episodes = continual.divided(options, parts_of(options))
    assert all(len(found[f"labels.episode{j}"]) == len(LABELS[TEST]) for j in range(1, 6))
    assert not np.array_equal(found["after5.episode1"], found["after5.episode2"])
    undone = IMAGES[TEST].reshape(-1, 64)[:, episodes[2].pixels].reshape(-1, 1, 8, 8)
    images = (torch.from_numpy(undone).float() / 255 - 0.3052) / 0.376
    network = mlp.build(10, (1, 8, 8), width=24, depth=1)
    network.load_state_dict({n.removeprefix("after5.network."): v for n, v in state.items() if "after5." in n})
    np.testing.assert_allclose(
        found["after5.episode3"], logits(network, images, 500).numpy(), rtol=1e-4, atol=1e-5
    )


def test_a_head_of_its_own_is_not_touched_by_other_episodes():
    """With plain SGD; momentum that an episode leaves behind still moves its head in the next (decisions.md)."""
    options = options_of("naive", epochs=10, incremental="task", units="own")
    options["recipe"]["optimiser"] = {"name": "sgd", "learning_rate": 0.2}
    state, _ = train(options)
    for number, episode in enumerate(continual.divided(options, parts_of(options)), start=1):
        rows = list(episode.classes)
        weights = [state[f"after{k}.network.3.weight"][rows] for k in range(6)]
        for k in range(1, 6):
            assert torch.equal(weights[k - 1], weights[k]) == (k != number)
    table = accuracies(options, predict(options, state))
    assert (np.diag(table[1:]) > 0.9).all()
    assert table[5].mean() > 0.6


def test_pixels_in_zero_one_where_there_is_no_normalisation():
    options = options_of(normalise=None)
    state, _ = train(options)
    assert "after0.1.weight" in state
    assert predict(options, state)["after5.episode1"].shape[1] == 10


class Seen(Trainer):
    """The engine's own, which tells what it has at every step."""

    steps: ClassVar[list[tuple[int, list[int], float, int]]] = []

    def _train_on(self, samples, images, steps):
        super()._train_on(samples, images, steps)
        (counted,) = {int(count) for count in self.optimiser.slots["steps"].values()}
        margin = getattr(self.criterion.criteria[self.criterion.current], "margin", 0.0)
        self.steps.append((self.epoch, samples.tolist(), margin, counted))


@pytest.fixture
def seen(monkeypatch):
    monkeypatch.setattr(continual, "Trainer", Seen)
    monkeypatch.setattr(Seen, "steps", [])
    return Seen.steps


@pytest.mark.parametrize("optimiser", ["kept", "new"])
def test_moments_go_over_the_end_of_an_episode_or_begin_anew(seen, optimiser):
    """Trap 12: Adam counts its steps on, over all episodes, or from one with each."""
    train(options_of(optimiser=optimiser, epochs=1))
    counted = [[steps for epoch, _, _, steps in seen if epoch == n] for n in range(5)]
    lengths = [len(each) for each in counted]
    before = np.cumsum([0, *lengths[:-1]]) if optimiser == "kept" else [0] * 5
    assert counted == [
        [start + n + 1 for n in range(length)] for start, length in zip(before, lengths, strict=True)
    ]


def test_the_first_episode_is_the_same_with_a_new_optimiser_and_the_others_are_not():
    kept, new = train(options_of())[0], train(options_of(optimiser="new"))[0]
    for episode, same in [(1, True), (2, False), (5, False)]:
        of = {name for name in kept if name.startswith(f"after{episode}.")}
        assert all(torch.equal(kept[name], new[name]) for name in of) == same


def test_images_held_out_are_never_seen(seen):
    """Trap 14: a share of each episode, the same for every loss, is in no batch and in no memory."""
    options = options_of("replay", held_out=0.2, epochs=1)
    found = []
    for loss in ("ce", "hem"):
        seen.clear()
        train({**options, "loss": {"name": loss, "options": {}}})
        found.append([samples for _, samples, _, _ in seen])
    assert found[0] == found[1]
    labels = LABELS[TRAINING]
    used = {one for samples in found[0] for one in samples}
    for episode in continual.divided(options, parts_of(options)):
        numbers = set(episode.numbers(labels).tolist())
        assert len(numbers - used) == int(0.2 * len(numbers))
    other = continual.learnt(np.arange(50), 0, options | {"seed": 1})
    assert not np.array_equal(continual.learnt(np.arange(50), 0, options), other)


def test_a_held_out_share_draws_from_no_stream_of_the_training(monkeypatch):
    """Trap 14: what is drawn for it has a purpose of its own."""
    purposes = []
    monkeypatch.setattr(
        continual, "numpy_stream", lambda *parts: purposes.append(parts) or np.random.default_rng(0)
    )
    continual.learnt(np.arange(50), 3, OPTIONS | {"held_out": 0.1})
    continual.learnt(np.arange(50), 3, OPTIONS)
    assert purposes == [("split_digits-replay", 0, "held_out", 3)]


@pytest.mark.parametrize("counts", ["dataset", "episode"])
def test_replayed_images_never_change_the_margin(seen, counts):
    """Trap 10: one margin for all steps of an episode, with a memory that joins every batch of it."""
    options = options_of("replay", loss={"name": "hem", "options": {}}, counts=counts, held_out=0.1)
    train(options)
    labels = LABELS[TRAINING]
    numbers = [len(episode.numbers(labels)) for episode in continual.divided(options, parts_of(options))]
    for episode, count in enumerate(numbers):
        steps = [(samples, margin) for epoch, samples, margin, _ in seen if epoch // 2 == episode]
        images = count - int(0.1 * count) if counts == "episode" else len(labels)
        assert {margin for _, margin in steps} == {math.sqrt(2000 / images)}
        assert max(len(samples) for samples, _ in steps) == (64 if episode else 32)


@pytest.mark.parametrize(("strategy", "option"), [("lwf", "teacher"), ("lfl", "student")])
def test_modes_change_nothing_in_a_network_without_dropout_and_normalisation(strategy, option):
    weights = []
    for mode in ("train", "eval"):
        options = options_of(strategy)
        options["strategy"]["options"][option] = mode
        weights.append(sha256(train(options)[0]))
    assert weights[0] == weights[1]


def test_a_training_that_diverges_keeps_the_weights_it_ended_with():
    left = [9]  # steps, of whichever episode

    def build_loss(size, counts):
        made = ce.build(size, counts)

        def spoil(module, given, found):
            left[0] -= 1
            return found * float("nan") if left[0] < 0 else found

        made.register_forward_hook(spoil)
        return made

    state, history = train(options_of(), build_loss=build_loss)
    assert history["diverged"][-1] == 1.0
    assert torch.equal(state["after4.network.3.bias"].isnan(), state["after5.network.3.bias"].isnan())
    assert state["after5.network.3.bias"].isnan().any()
    assert not state["after1.network.3.bias"].isnan().any()


def test_images_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="the training set has images"):
        train(options_of(image_shape=[1, 9, 9]))


def test_several_processes_are_refused():
    options = options_of()
    options["recipe"]["processes"] = 2
    with pytest.raises(InputError, match="one process; the recipe says processes: 2"):
        train(options)


# -- stopping


class Stops:
    """A checkpoint that stops the training at a step and keeps its state; then goes on to the end."""

    def __init__(self, at):
        self.left, self.kept = at, None

    def load(self):
        return self.kept

    def due(self):
        self.left -= 1
        return self.left == 0

    def save(self, content, words):
        self.kept = content
        raise StoppedError(words, signal.SIGTERM)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("units", ["all", "own", "seen"])
def test_stopped_in_any_episode_or_at_its_end_it_goes_on_to_the_same_bytes(strategy, units):
    goes_on(options_of(strategy, units=units, incremental="task" if units == "own" else "class"))


@pytest.mark.parametrize("loss", ["ce", "hem"])
def test_stopped_with_what_is_not_the_default_it_goes_on_to_the_same_bytes(loss):
    """HEM has a margin by the images of the episode: it has to be that of the one that is on."""
    of_loss = {"name": loss, "options": {}}
    goes_on(options_of("replay", loss=of_loss, optimiser="new", held_out=0.05, counts="episode"))


def goes_on(options):
    whole, history = train(options)
    episodes = continual.divided(options, parts_of(options))
    learnt = [continual.learnt(each.numbers(LABELS[TRAINING]), 0, options) for each in episodes]
    steps = [2 * -(-len(numbers) // 32) for numbers in learnt]
    ends = np.cumsum(steps)
    for at in (3, int(ends[0]), int(ends[0]) + 1, int(ends[3]) + 2, int(ends[4])):
        checkpoint = Stops(at)
        with pytest.raises(StoppedError):
            train(options, checkpoint)
        state, again = train(options, checkpoint)
        assert sha256(state) == sha256(whole), at
        assert again == history
