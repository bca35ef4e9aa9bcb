from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hembench.networks import mlp
from hembench.scores.mls import mls
from hembench.scores.msp import msp
from hembench.sets import arrays as arrays_set
from hembench.stages import predict, predict_scores
from hembench.stages.api import Inputs
from hembench.store.content import arrays, json_file, read_arrays, read_json, weights
from hembench.tasks import classification

OPTIONS = {
    "task": "classification",
    "num_classes": 4,
    "image_shape": [1, 6, 6],
    "network": {"name": "mlp", "options": {"width": 8, "depth": 1}},
    "batch_size": 16,
    "images": None,
}
HISTORY = {"train_loss": [1.0, None], "learning_rate": [0.1, 0.1]}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return mlp.build(4, (1, 6, 6), width=8, depth=1)


@pytest.fixture
def inputs(tmp_path, network):
    rng = np.random.default_rng(0)
    sets = {
        "clean": {"images": rng.integers(0, 256, (40, 1, 6, 6), dtype=np.uint8), "labels": np.arange(40) % 4},
        "ood.uniform": {"images": rng.integers(0, 256, (21, 1, 6, 6), dtype=np.uint8)},
        "corruption.blur": {
            "images": rng.integers(0, 256, (2, 40, 1, 6, 6), dtype=np.uint8),
            "labels": np.arange(40) % 4,
            "severities": np.array([1, 3]),
        },
    }
    for role, data in sets.items():
        (tmp_path / role).mkdir()
        arrays(data)(tmp_path / role / "set.npz")
    (tmp_path / "network").mkdir()
    weights(network.state_dict())(tmp_path / "network" / "weights.safetensors")
    json_file(HISTORY)(tmp_path / "network" / "history.json")
    made = Inputs(
        folders={role: tmp_path / role for role in ["network", *sets]},
        plugins={"read_set": arrays_set.read, "network": mlp.build, "task": classification.predict},
    )
    return made, sets


def read(contents, folder):
    folder.mkdir()
    for name, content in contents.items():
        content(folder / name)
    return read_arrays(folder / "predictions.npz")


def test_logits_of_every_set_by_name(inputs, network, tmp_path):
    made, sets = inputs
    found = read(predict.compute(made, OPTIONS), tmp_path / "out")
    assert set(found) == {"labels", "clean", "ood.uniform", "corruption.blur.1", "corruption.blur.3"}
    assert np.array_equal(found["labels"], sets["clean"]["labels"])
    images = {
        "clean": sets["clean"]["images"],
        "ood.uniform": sets["ood.uniform"]["images"],
        "corruption.blur.1": sets["corruption.blur"]["images"][0],
        "corruption.blur.3": sets["corruption.blur"]["images"][1],
    }
    for name, wanted in images.items():
        with torch.no_grad():
            expected = network(torch.from_numpy(wanted).float() / 255).numpy()
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-6)


def test_the_history_is_copied_and_nothing_of_where_it_was_made(inputs, tmp_path):
    made, _ = inputs
    contents = predict.compute(made, OPTIONS)
    read(contents, tmp_path / "out")
    assert read_json(tmp_path / "out" / "history.json") == HISTORY
    assert set(contents) == {"predictions.npz", "history.json"}


def test_a_group_without_the_clean_set(inputs, tmp_path):
    made, _ = inputs
    folders = {role: made.folders[role] for role in ("network", "ood.uniform")}
    other = Inputs(folders=folders, plugins=made.plugins)
    assert set(read(predict.compute(other, OPTIONS), tmp_path / "out")) == {"ood.uniform"}


def test_one_set_s_logits_do_not_depend_on_the_others(inputs, tmp_path):
    made, _ = inputs
    folders = {role: made.folders[role] for role in ("network", "clean")}
    alone = read(
        predict.compute(Inputs(folders=folders, plugins=made.plugins), OPTIONS),
        tmp_path / "alone",
    )
    together = read(predict.compute(made, OPTIONS), tmp_path / "together")
    assert np.array_equal(alone["clean"], together["clean"])


def test_some_images_of_each_set_clean_and_corrupted_ones_in_pairs(inputs, tmp_path):
    made, sets = inputs
    whole = read(predict.compute(made, OPTIONS), tmp_path / "whole")
    some = read(predict.compute(made, {**OPTIONS, "images": 25, "batch_size": 1}), tmp_path / "some")
    assert {name: len(part) for name, part in some.items()} == {
        "clean": 25,
        "corruption.blur.1": 25,
        "corruption.blur.3": 25,
        "labels": 25,
        "ood.uniform": 21,  # it has no more
    }
    near = [np.abs(whole["clean"] - row).max(1).argmin() for row in some["clean"]]
    assert near == sorted(near)
    assert near != list(range(25))
    np.testing.assert_array_equal(some["labels"], sets["clean"]["labels"][near])
    for name in ("clean", "corruption.blur.1", "corruption.blur.3"):
        np.testing.assert_allclose(some[name], whole[name][near], rtol=1e-4, atol=1e-5)


def scored(made):
    options = OPTIONS | {"scores": ["mls", "msp"]}
    plugins = {**made.plugins, "score.mls": mls, "score.msp": msp}
    return predict_scores.compute(replace(made, plugins=plugins), options)


def test_labels_and_scores_are_those_of_the_logits(inputs, tmp_path):
    made, sets = inputs
    logits = read(predict.compute(made, OPTIONS), tmp_path / "logits")
    found = read(scored(made), tmp_path / "scores")
    np.testing.assert_array_equal(found.pop("labels"), sets["clean"]["labels"])
    names = sorted(set(logits) - {"labels"})
    ends = ("finite", "predicted", "score.mls", "score.msp")
    assert sorted(found) == sorted(f"{name}.{end}" for name in names for end in ends)
    for name in names:
        assert bool(found[f"{name}.finite"]) is True
        np.testing.assert_array_equal(found[f"{name}.predicted"], logits[name].argmax(axis=1))
        for score in (mls, msp):
            np.testing.assert_array_equal(found[f"{name}.score.{score.__name__}"], score(logits[name]))
    assert read_json(tmp_path / "scores" / "history.json") == HISTORY


def test_scores_of_a_network_that_diverged_are_not_numbers(inputs, network, tmp_path):
    made, _ = inputs
    state = {name: torch.full_like(value, float("nan")) for name, value in network.state_dict().items()}
    weights(state)(tmp_path / "network" / "weights.safetensors")
    found = read(scored(made), tmp_path / "scores")
    assert bool(found["clean.finite"]) is False
    assert np.isnan(found["clean.score.msp"]).all()


class Kept:
    """A state that stops the work after so many sets, and what was saved."""

    def __init__(self, saved=None, sets=99):
        self.saved, self.left = saved, sets

    def load(self):
        return self.saved

    def due(self):
        self.left -= 1
        return self.left == 0

    def save(self, content, place):
        self.saved = content
        raise InterruptedError(place)


@pytest.mark.parametrize("sets", [1, 2, 3, 4])
def test_scores_that_were_saved_are_not_computed_again(inputs, tmp_path, sets):
    made, _ = inputs
    whole = read(scored(made), tmp_path / "whole")
    state = Kept(sets=sets)
    with pytest.raises(InterruptedError, match=f"{sets} sets predicted"):
        scored(replace(made, state=state))
    calls = []

    def task(*given):
        calls.append(given)
        return classification.predict(*given)

    again = replace(made, state=Kept(state.saved), plugins={**made.plugins, "task": task})
    found = read(scored(again), tmp_path / "again")
    assert len(calls) == 4 - sets
    assert found.keys() == whole.keys()
    for name, values in whole.items():
        np.testing.assert_array_equal(found[name], values)
