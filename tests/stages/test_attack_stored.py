"""A network trained, predicted, attacked and evaluated on real digits: what lies in the folders keeps its word."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hembench.attacks import autoattack_official, autoattack_paper
from hembench.core.streams import seed_of
from hembench.datasets import digits
from hembench.engine.inference import restore
from hembench.losses import ce
from hembench.metrics import accuracy, dar
from hembench.networks import mlp
from hembench.optimisers import adam
from hembench.scores import mls, msp
from hembench.sets import arrays as arrays_set
from hembench.stages import attack, evaluate, predict, train
from hembench.stages.api import Inputs
from hembench.store.content import arrays, read_arrays, read_frame, read_json, read_weights
from hembench.tasks import classification

NETWORK = {
    "task": "classification",
    "condition": "digits-mlp",
    "num_classes": 10,
    "image_shape": [1, 8, 8],
    "network": {"name": "mlp", "options": {"width": 32, "depth": 1}},
}
RECIPE = {
    "optimiser": {"name": "adam", "learning_rate": 3e-3},
    "epochs": 8,
    "batch_size": 32,
    "schedule": {"milestones": [], "factor": 0.1},
    "warmup": {"epochs": 0, "start_factor": 0.01},
    "augmentation": None,
    "precision": "float32",
    "channels_last": False,
    "compile": False,
    "processes": 1,
}
CELL, SHARD = "digits-mlp-ce-s0", 40
ATTACKS = {
    f"{name}-{norm}": (plugin, norm, eps)
    for name, plugin in (("autoattack_paper", autoattack_paper), ("autoattack_official", autoattack_official))
    for norm, eps in (("Linf", 0.3), ("L2", 2.0))
}


def _store(folder, contents):
    folder.mkdir()
    for name, content in contents.items():
        content(folder / name)
    return folder


def _options(name, norm, eps):
    attacked = {"name": name, "options": {"queries": 500}}
    rest = {"seed": 0, "dataset": "digits", "norm": norm, "eps": eps, "images": 100, "shard": SHARD}
    return {**NETWORK, **rest, "attack": attacked}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Folder with the artefacts "test", "network", "main", one for each attack, and "digits-mlp" (evaluation)."""
    root = tmp_path_factory.mktemp("stored")
    (root / "raw").mkdir()
    digits.fetch(root / "raw")
    for which, read in (("train", digits.train), ("test", digits.test)):
        images, labels = read(root / "raw")
        _store(root / which, {"set.npz": arrays(images=images, labels=labels, counts=np.bincount(labels))})
    plugins = {
        "read_set": arrays_set.read,
        "network": mlp.build,
        "loss": ce.build,
        "task": classification.train,
        "optimiser": adam.build,
    }
    made = Inputs(folders={"train": root / "train"}, plugins=plugins)
    loss = {"name": "ce", "options": {"label_smoothing": 0.0}}
    _store(root / "network", train.compute(made, {**NETWORK, "seed": 0, "loss": loss, "recipe": RECIPE}))
    folders = {"network": root / "network", "clean": root / "test"}
    plugins = {"read_set": arrays_set.read, "network": mlp.build, "task": classification.predict}
    made = Inputs(folders=folders, manifests={"network": {}}, plugins=plugins)
    _store(root / "main", predict.compute(made, {**NETWORK, "batch_size": 100, "images": None}))
    roles = {f"predict.main.{CELL}": root / "main"}
    rules = {}
    for label, (plugin, norm, eps) in ATTACKS.items():
        made = Inputs(
            folders=folders, plugins={"read_set": arrays_set.read, "network": mlp.build, "attack": plugin.attack}
        )
        _store(root / label, attack.compute(made, _options(label.split("-")[0], norm, eps)))
        roles[f"attack.{label}.{CELL}"] = root / label
        rules[label] = {"drops_wrong": plugin is autoattack_official, "black_box": list(plugin.BLACK_BOX)}
    functions = {"score.msp": msp.msp, "score.mls": mls.mls, "metric.dar": dar.dar}
    functions["metric.accuracy"] = accuracy.accuracy
    options = {
        **{"condition": "digits-mlp", "dataset": "digits", "network": "mlp", "recipe": "digits"},
        "cells": {CELL: {"variant": "ce", "loss": "ce", "seed": 0}},
        "scores": ["mls", "msp"],
        "metrics": {
            "accuracy": {"measured_on": ["clean", "attack"], "scores": []},
            "dar": {"measured_on": ["clean", "attack"], "scores": None},
        },
        "attacks": rules,
    }
    manifests = {role: {} for role in roles}
    inputs = Inputs(folders=roles, manifests=manifests, plugins=functions)
    _store(root / "digits-mlp", evaluate.compute(inputs, options))
    return root


@pytest.mark.parametrize("label", ATTACKS)
def test_stored_attacks_are_what_they_say(stored, label):
    """Made again from what is stored, image by image: inside the ball and [0, 1], fooled where it says so."""
    plugin, norm, eps = ATTACKS[label]
    options = _options(label.split("-")[0], norm, eps)
    rows, data = read_arrays(stored / label / "attack.npz"), read_arrays(stored / "test" / "set.npz")
    images = torch.from_numpy(data["images"][rows["index"]]).float().div(255)
    labels = torch.from_numpy(rows["labels"])
    assert np.array_equal(rows["labels"], data["labels"][rows["index"]])
    network = restore(read_weights(stored / "network" / "weights.safetensors"), options, mlp.build, "cpu")
    parts = []
    for number, place in enumerate(torch.arange(len(images)).split(SHARD)):
        seed = seed_of("digits-mlp", 0, label.split("-")[0], norm, number)
        budget = {"norm": norm, "eps": eps, "num_classes": 10}
        parts.append(plugin.attack(network, images[place], labels[place], seed, **budget, queries=500).images)
    attacked = torch.cat(parts)
    assert attacked.min() >= 0
    assert attacked.max() <= 1
    change = (attacked - images).flatten(1)
    distance = change.abs().amax(1) if norm == "Linf" else change.norm(dim=1)
    assert distance.max() <= eps * (1 + 1e-5)
    assert np.allclose(rows["distance"], distance.numpy(), rtol=1e-6)
    with torch.no_grad():
        found = torch.cat([network(part) for part in attacked.split(SHARD)])
        single = torch.cat([network(image[None]) for image in attacked])
    assert np.array_equal(rows["logits"], found.numpy())
    fooled = rows["fooled_by"] >= 0
    assert fooled.sum() > 80
    assert (found.argmax(1) != labels).numpy()[fooled].all()
    assert (single.argmax(1) != labels).numpy()[fooled].mean() > 0.98  # other batches, other last bits
    assert torch.equal(attacked[~fooled], images[~fooled])
    clean = read_arrays(stored / "main" / "predictions.npz")["clean"]
    right = clean[rows["index"]].argmax(1) == rows["labels"]
    assert np.array_equal(rows["fooled_by"] == -2, ~right)
    assert read_json(stored / label / "attack.json")["flags"]["unconfirmed_share"] == 0.0


@pytest.mark.parametrize("label", ATTACKS)
def test_an_undefended_network_keeps_nearly_nothing(stored, label):
    metrics = read_frame(stored / "digits-mlp" / "metrics.parquet")
    clean = metrics[(metrics["kind"] == "clean") & (metrics["metric"] == "accuracy")]
    assert clean["value"].item() > 0.85
    of_attack = metrics[metrics["set"] == label].set_index("metric")
    suffix = "_attacked" if label.startswith("autoattack_official") else ""
    assert of_attack.loc[f"accuracy{suffix}", "value"] < 0.02
    assert of_attack.loc["unfooled_share", "value"] < 0.02
    shares = of_attack.loc[["fooled_share", "unfooled_share", "wrong_before_share"], "value"]
    assert shares.sum() == pytest.approx(1.0)
    assert of_attack.loc["black_box_share", "value"] == 0.0
    attacked = round(100 * (1 - of_attack.loc["wrong_before_share", "value"]))
    assert attacked < 100
    assert set(of_attack.loc[[f"dar{suffix}"], "n"]) == {attacked if suffix else 100}
