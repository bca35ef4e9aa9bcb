"""Predictions of a continual training: whole test sets of all episodes, by each of the networks that were kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hembench.episodes import split_digits
from hembench.networks import mlp
from hembench.sets import arrays as arrays_set
from hembench.stages import predict_episodes
from hembench.stages.api import Inputs
from hembench.store.content import arrays, json_file, read_arrays, read_json, weights
from hembench.tasks import continual

HISTORY = {"train_loss": [1.0, None], "ewc_importance_sum": [None, 0.5]}
OPTIONS = {
    "task": "continual",
    "seed": 3,
    "num_classes": 10,
    "image_shape": [1, 8, 8],
    "network": {"name": "mlp", "options": {"width": 8, "depth": 1}},
    "episodes": {"name": "split_digits", "options": {"episodes": 5}},
    "normalise": {"mean": [0.25], "std": [0.5]},
    "batch_size": 7,
}
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 1, 8, 8), dtype=np.uint8)
LABELS = np.arange(40) * 7 % 10


@pytest.fixture
def networks():
    torch.manual_seed(0)
    return [mlp.build(10, (1, 8, 8), width=8, depth=1) for _ in range(6)]


@pytest.fixture
def inputs(tmp_path, networks):
    for role in ("network", "clean"):
        (tmp_path / role).mkdir()
    arrays({"images": IMAGES, "labels": LABELS})(tmp_path / "clean" / "set.npz")
    kept = {
        f"after{n}.network.{name}": one
        for n, network in enumerate(networks)
        for name, one in network.state_dict().items()
    }
    weights(kept)(tmp_path / "network" / "weights.safetensors")
    json_file(HISTORY)(tmp_path / "network" / "history.json")
    return Inputs(
        folders={role: tmp_path / role for role in ("network", "clean")},
        plugins={
            "read_set": arrays_set.read,
            "task": continual.predict,
            "network": mlp.build,
            "episodes": split_digits.divide,
        },
    )


def written(inputs, folder):
    for name, write in predict_episodes.compute(inputs, OPTIONS).items():
        write(folder / name)
    return read_arrays(folder / "predictions.npz")


def test_each_network_says_something_of_every_test_image_of_each_episode(inputs, networks, tmp_path):
    found = written(inputs, tmp_path)
    assert len(found) == 5 * 6 + 2 * 5
    seen = []
    for number, episode in enumerate(split_digits.divide(3, 10, (1, 8, 8)), start=1):
        chosen = np.isin(LABELS, episode.classes)
        seen.append(chosen)
        assert found[f"classes.episode{number}"].tolist() == list(episode.classes)
        assert found[f"labels.episode{number}"].tolist() == LABELS[chosen].tolist()
        pixels = (torch.from_numpy(IMAGES[chosen]).float() / 255 - 0.25) / 0.5
        for after, network in enumerate(networks):
            said = found[f"after{after}.episode{number}"]
            assert said.dtype == np.float32
            np.testing.assert_allclose(said, network(pixels).detach().numpy(), rtol=1e-4, atol=1e-5)
    assert (np.sum(seen, axis=0) == 1).all(), "every test image is of one episode"


def test_the_history_goes_along_for_the_training_may_be_pruned(inputs, tmp_path):
    written(inputs, tmp_path)
    assert read_json(tmp_path / "history.json") == HISTORY
