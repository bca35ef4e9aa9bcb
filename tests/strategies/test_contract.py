"""What every file of strategies/ has to do."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hembench.core import plugins
from hembench.core.errors import InputError
from hembench.engine.state import from_bytes, to_bytes
from hembench.losses import hem

CASES: list[tuple[str, dict[str, Any]]] = [(name, {}) for name in plugins.names("strategies")] + [
    ("replay", {"size": 7, "balance": "episode", "batch": 3}),
    ("ewc", {"mode": "online", "decay": 0.5}),
    ("ewc", {"gradient": "sample", "criterion": "ce"}),
    ("si", {"clip": None, "gradient": "loss"}),
    ("lwf", {"alpha": 1.0, "teacher": "train"}),
    ("lfl", {"student": "eval"}),
]
every_strategy = pytest.mark.parametrize(
    ("name", "options"), CASES, ids=[f"{n}-{o}" if o else n for n, o in CASES]
)

WRONG: list[tuple[str, dict[str, Any]]] = [
    ("replay", {"size": 0}),
    ("replay", {"batch": 0}),
    ("replay", {"balance": "classes"}),
    ("ewc", {"strength": -1}),
    ("ewc", {"decay": 1.5}),
    ("ewc", {"mode": "both"}),
    ("ewc", {"criterion": "hem"}),
    ("si", {"damping": 0}),
    ("si", {"clip": 0}),
    ("si", {"gradient": "task"}),
    ("lwf", {"temperature": 0}),
    ("lwf", {"alpha": -1}),
    ("lwf", {"teacher": "test"}),
    ("lfl", {"strength": -1}),
    ("lfl", {"student": "test"}),
]


def test_the_five_of_the_paper_are_there():
    assert {"replay", "si", "ewc", "lfl", "lwf"} < set(plugins.names("strategies"))


@every_strategy
def test_it_takes_the_learner_and_options(name, options):
    positional, known = plugins.signature("strategies", name)
    assert positional == ("learner",)
    assert set(options) <= set(known)
    assert not any(option.required for option in known.values())


@pytest.mark.parametrize(("name", "options"), WRONG, ids=str)
def test_wrong_options_are_refused_and_named(course, name, options):
    with pytest.raises(InputError, match=f"{name}: .*{next(iter(options))}"):
        course(name, options)


@every_strategy
def test_the_first_episode_is_the_plain_one(course, name, options):
    plain, with_strategy = course().learn(1), course(name, options).learn(1)
    for key, value in plain.weights().items():
        assert torch.equal(value, with_strategy.weights()[key])
    assert plain.losses == with_strategy.losses


@every_strategy
def test_later_episodes_are_not(course, name, options):
    plain, with_strategy = course().learn(2), course(name, options).learn(2)
    same = all(torch.equal(value, with_strategy.weights()[key]) for key, value in plain.weights().items())
    assert same == (name == "naive")


@every_strategy
@pytest.mark.parametrize("stop", [1, 4, 6, 8, 11, 17])
def test_stopped_anywhere_and_gone_on_by_way_of_bytes_it_ends_the_same(course, name, options, stop):
    """Two epochs of three batches an episode: 6 and 12 are the ends of episodes."""

    def steps(made, begin, end):
        for number in range(begin, end):
            episode = made.learner.episodes[made.strategy.finished]
            made.epoch, made.step = number // 3, number % 3
            made.train_on(torch.split(episode, made.batch)[made.step])
            if number % 6 == 5:
                made.finish()

    def fresh():
        torch.manual_seed(0)
        network = nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Tanh(), nn.Linear(7, 6))
        made = course(name, options, model=network)
        made.model.train()
        return made

    whole = fresh()
    steps(whole, 0, 18)
    first, second = fresh(), fresh()
    steps(first, 0, stop)
    kept = to_bytes({"strategy": first.strategy.state(), "weights": first.weights(), "velocity": first.velocity})
    steps(first, stop, stop + 1)  # what is kept does not move with the one it is of
    state = from_bytes(kept)
    second.model.load_state_dict(state["weights"])
    second.velocity = state["velocity"]
    second.strategy.restore(state["strategy"])
    steps(second, stop, 18)
    assert to_bytes(second.weights()) == to_bytes(whole.weights())
    assert to_bytes(second.strategy.state()) == to_bytes(whole.strategy.state())


def learnt_already(logits: Tensor, labels: Tensor) -> Tensor:
    """HEM of a batch in which every sample is right by far more than the margin, with the logits' graph."""
    return hem.build(6, margin=0.2)(logits + 100 * F.one_hot(labels, 6), labels)


def tensors_of(content: Any) -> list[Tensor]:
    """Return the tensors that lie anywhere in a state."""
    if isinstance(content, Tensor):
        return [content]
    parts = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return [one for part in parts for one in tensors_of(part)]


@every_strategy
def test_losses_that_end_at_zero_leave_finite_numbers(course, name, options):
    """Trap 9: a batch in which nothing is active is a zero with a graph, not 0/0."""
    made = course(name, options, criterion=learnt_already)
    begun = made.weights()
    made.learn(3, epochs=1)
    assert made.losses == [0.0] * 9
    for key, value in made.weights().items():
        torch.testing.assert_close(value, begun[key], rtol=0, atol=1e-12)  # nothing pulls or pushes
    assert all(one.isfinite().all() for one in tensors_of(made.strategy.state()))
    assert all(torch.tensor(list(noted.values())).isfinite().all() for noted in made.noted)


@every_strategy
def test_what_it_notes_are_numbers_for_the_history(course, name, options):
    made = course(name, options).learn(3)
    assert len({tuple(noted) for noted in made.noted}) == 1
    assert all(isinstance(value, float) for noted in made.noted for value in noted.values())
    assert made.strategy.finished == 3
