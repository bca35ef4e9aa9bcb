from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

RECIPE: dict[str, Any] = {
    "optimiser": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 5e-4},
    "epochs": 3,
    "batch_size": 16,
    "schedule": {"milestones": [2], "factor": 0.1},
    "warmup": {"epochs": 1, "start_factor": 0.01},
    "augmentation": {"name": "crop_and_flip", "flip": True, "crop_padding": 1},
    "precision": "float32",
    "channels_last": False,
    "compile": False,
    "processes": 1,
}


@pytest.fixture(scope="session")
def recipe() -> Callable[..., dict[str, Any]]:
    """A full recipe, with changes: ``recipe(epochs=1, optimiser={"weight_decay": 0.0})``."""

    def make(**changes: Any) -> dict[str, Any]:
        made = copy.deepcopy(RECIPE)
        for key, value in changes.items():
            made[key] = {**made[key], **value} if isinstance(value, dict) else value
        return made

    return make
