from __future__ import annotations

import numpy as np
import pytest
import torch

from hembench.augmentations import crop_and_flip
from hembench.losses import ce
from hembench.networks import mlp
from hembench.optimisers import sgd
from hembench.sets import arrays as arrays_set
from hembench.stages import train
from hembench.stages.api import Inputs
from hembench.store.content import arrays, read_json, read_weights
from hembench.tasks import classification

OPTIONS = {
    "task": "classification",
    "condition": "made-mlp",
    "seed": 2,
    "num_classes": 4,
    "image_shape": [1, 6, 6],
    "loss": {"name": "ce", "options": {"label_smoothing": 0.0}},
    "network": {"name": "mlp", "options": {"width": 8, "depth": 1}},
    "recipe": {
        "optimiser": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9},
        "epochs": 2,
        "batch_size": 16,
        "schedule": {"milestones": [1], "factor": 0.1},
        "warmup": {"epochs": 0, "start_factor": 0.01},
        "augmentation": {"name": "crop_and_flip", "flip": True, "crop_padding": 1},
        "precision": "float32",
        "channels_last": False,
        "compile": False,
        "processes": 1,
    },
}


@pytest.fixture
def inputs(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    labels = np.arange(40) % 4
    images = np.random.default_rng(0).integers(0, 256, (40, 1, 6, 6), dtype=np.uint8)
    arrays(images=images, labels=labels, counts=np.bincount(labels))(folder / "set.npz")
    plugins = {
        "read_set": arrays_set.read,
        "network": mlp.build,
        "loss": ce.build,
        "task": classification.train,
        "optimiser": sgd.build,
        "augmentation": crop_and_flip.build,
    }
    told = []
    made = Inputs(folders={"train": folder}, plugins=plugins, progress=lambda share, words: told.append(share))
    return made, told


def write(contents, folder):
    folder.mkdir()
    for name, content in contents.items():
        content(folder / name)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_writes_weights_and_history(inputs, tmp_path):
    made, told = inputs
    files = write(train.compute(made, OPTIONS), tmp_path / "out")
    assert set(files) == {"weights.safetensors", "history.json"}
    history = read_json(tmp_path / "out" / "history.json")
    assert set(history) == {"train_loss", "train_accuracy", "zero_loss_share", "learning_rate"}
    assert history["learning_rate"] == pytest.approx([0.1, 0.01])
    assert told[-1] == 1
    network = mlp.build(4, (1, 6, 6), width=8, depth=1)
    network.load_state_dict(read_weights(tmp_path / "out" / "weights.safetensors"))
    assert all(torch.isfinite(weight).all() for weight in network.parameters())


def test_the_same_cell_has_the_same_bytes(inputs, tmp_path):
    made, _ = inputs
    first = write(train.compute(made, OPTIONS), tmp_path / "first")
    torch.manual_seed(11)
    assert write(train.compute(made, OPTIONS), tmp_path / "second") == first
    assert write(train.compute(made, {**OPTIONS, "seed": 3}), tmp_path / "third") != first
