"""The loop with a label for each pixel: FPN on made scenes, every loss that the paper trains with on them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hembench.core import plugins
from hembench.engine.loop import Trainer
from hembench.metrics._confusion import confusion_of
from hembench.metrics.iou import iou
from hembench.networks import fpn
from hembench.optimisers import sgd
from hembench.stages.derive_class_counts import class_counts

CLASSES = 3
SHAPE = (3, 64, 64)
IGNORED = -100


def _scenes(count):
    """Return pictures of a dark ground, a grey sky of some height and a small bright square, and their labels."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 40, (count, *SHAPE), dtype=np.uint8)
    labels = np.zeros((count, *SHAPE[1:]), dtype=np.int64)
    for number in range(count):
        height, row, column = rng.integers(10, 30), rng.integers(34, 48), rng.integers(0, 48)
        for at, of_class in (((slice(height),), 1), ((slice(row, row + 16), slice(column, column + 16)), 2)):
            labels[number][at] = of_class
            images[number][:, *at] += np.uint8(100 * of_class)
    labels[:, :, :2] = IGNORED
    return images, labels


def _recipe(epochs):
    return {
        "optimiser": {"name": "sgd", "learning_rate": 0.02},
        "epochs": epochs,
        "batch_size": 2,
        "schedule": {"milestones": [], "factor": 0.1},
        "warmup": {"epochs": 0, "start_factor": 0.01},
        "augmentation": None,
        "precision": "float32",
        "channels_last": False,
        "compile": False,
        "processes": 1,
    }


def _trained(loss, epochs):
    images, labels = _scenes(4)
    counts = class_counts(np.where(labels == IGNORED, 255, labels), CLASSES, "pixel_per_image")
    criterion = plugins.load("losses", loss).build(CLASSES, counts.tolist(), ignore_index=IGNORED)
    torch.manual_seed(0)
    network = fpn.build(CLASSES, SHAPE)
    parts = {"optimiser": sgd.build}
    trainer = Trainer(
        network, criterion, torch.from_numpy(images), torch.from_numpy(labels), _recipe(epochs), "c", 0, parts
    )
    assert trainer.run()
    with torch.no_grad():
        predicted = network.eval()(torch.from_numpy(images).float() / 255).argmax(1).numpy()
    return trainer, iou(confusion_of(predicted, labels, CLASSES, IGNORED))


SLOW = [pytest.param(loss, marks=pytest.mark.slow) for loss in ("ln", "la", "dice", "mm", "hem", "focal")]


@pytest.mark.parametrize("loss", ["ce", "hem_plus", *SLOW])
def test_every_loss_learns(loss):
    trainer, found = _trained(loss, 12)
    first, *_, last = trainer.history["train_loss"]
    assert last < first
    assert found > 0.5  # one class alone has less than 1/3
    assert trainer.history["train_accuracy"][-1] > 0.8
    assert "diverged" not in trainer.history
