"""Cells of continual learning on scikit-learn's digits that are trained in a second."""

from __future__ import annotations

import copy

import numpy as np
from sklearn.datasets import load_digits

from hembench.core import plugins
from hembench.core.checkpoint import Unsaved
from hembench.networks import mlp
from hembench.optimisers import adam, sgd
from hembench.tasks import continual

OPTIONS = {
    "task": "continual",
    "condition": "split_digits-replay",
    "seed": 0,
    "num_classes": 10,
    "image_shape": [1, 8, 8],
    "loss": {"name": "ce", "options": {}},
    "network": {"name": "mlp", "options": {"width": 24, "depth": 1}},
    "episodes": {"name": "split_digits", "options": {"episodes": 5}},
    "strategy": {"name": "naive", "options": {}},
    "incremental": "class",
    "units": "all",
    "normalise": {"mean": [0.3052], "std": [0.376]},
    "optimiser": "kept",
    "held_out": 0.0,
    "counts": "dataset",
    "batch_size": 500,
    "recipe": {
        "optimiser": {"name": "adam", "learning_rate": 0.01, "weight_decay": 0.0},
        "epochs": 2,
        "batch_size": 32,
        "schedule": {"milestones": [1, 8], "factor": 0.5},
        "warmup": {"epochs": 0, "start_factor": 0.01},
        "augmentation": None,
        "precision": "float32",
        "channels_last": False,
        "compile": False,
        "processes": 1,
    },
}
STRATEGIES = ["naive", "replay", "si", "ewc", "lwf", "lfl"]


def options_of(strategy="naive", benchmark="split_digits", epochs=2, **changes):
    made = copy.deepcopy(OPTIONS)
    made["recipe"]["epochs"] = epochs
    made["strategy"] = {"name": strategy, "options": {"size": 60} if strategy == "replay" else {}}
    made["episodes"]["name"] = benchmark
    if benchmark.startswith("permuted"):
        made["incremental"] = "domain"
    return {**made, **changes}


def parts_of(options, build_loss=None):
    return {
        "network": mlp.build,
        "loss": build_loss or plugins.load("losses", options["loss"]["name"]).build,
        "optimiser": {"adam": adam, "sgd": sgd}[options["recipe"]["optimiser"]["name"]].build,
        "strategy": plugins.load("strategies", options["strategy"]["name"]).build,
        "episodes": plugins.load("episodes", options["episodes"]["name"]).divide,
    }


def digits():
    data = load_digits()
    images = np.round(data.images / 16 * 255).astype(np.uint8)[:, None]
    return images, data.target.astype(np.int64)


IMAGES, LABELS = digits()
TRAINING, TEST = slice(0, 500), slice(1000, None)


def train(options, checkpoint=None, build_loss=None):
    images, labels = IMAGES[TRAINING], LABELS[TRAINING]
    counts = np.bincount(labels, minlength=10)
    return continual.train(
        images, labels, counts, options, parts_of(options, build_loss), "cpu", lambda s, w: None,
        checkpoint or Unsaved(),
    )  # fmt: skip
