"""All twenty pairs of benchmark and strategy, as config/continual.yaml has them, on a few made images each.

Networks are narrower and epochs fewer; everything else is the study's: heads, recipe, augmentation, normalisation.
"""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from hembench.core import plugins
from hembench.core.checkpoint import Unsaved
from hembench.core.plugins import PACKAGE
from hembench.plan.build import build
from hembench.plan.fingerprint import Fingerprinter
from hembench.plan.jobs import Job
from hembench.plan.study import parse
from hembench.tasks import continual

ROOT = Path(__file__).resolve().parents[2]
PAIRS = [
    f"{benchmark}-{strategy}"
    for benchmark in ("permuted_mnist", "split_mnist", "split_cifar10", "split_cifar100")
    for strategy in ("replay", "si", "ewc", "lfl", "lwf")
]


@cache
def trainings() -> dict[str, Job]:
    """Return the training with HEM and the first seed of each pair."""
    config = yaml.safe_load((ROOT / "config" / "continual.yaml").read_text())
    config |= {"seeds": [0], "losses": {"hem": {}}}
    plan = build(parse(config), ROOT / "config" / "recipes", Fingerprinter(PACKAGE))
    return {
        f"{job.options['episodes']['name']}-{job.options['strategy']['name']}": job
        for job in plan.of_stage("train")
    }


def test_they_are_twenty() -> None:
    assert sorted(trainings()) == sorted(PAIRS)


@pytest.mark.parametrize("pair", PAIRS)
def test_it_is_learnt_and_predicted(pair: str) -> None:
    job = trainings()[pair]
    options: dict[str, Any] = copy.deepcopy(job.options)
    options["recipe"]["epochs"] = 1
    if options["network"]["name"] == "resnet":
        options["network"]["options"]["width"] = 4
    parts = {
        role: getattr(plugins.load(kind, name), function) for role, (kind, name, function) in job.plugins.items()
    }
    classes, shape = options["num_classes"], tuple(options["image_shape"])
    labels = np.arange(2 * classes if classes > 10 else 40, dtype=np.int64) % classes
    images = np.random.default_rng(0).integers(0, 256, (len(labels), *shape), dtype=np.uint8)

    state, history = parts["task"](
        images, labels, np.bincount(labels), options, parts, "cpu", lambda share, words: None, Unsaved()
    )

    assert {name.split(".")[0] for name in state} == {f"after{k}" for k in range(6)}
    assert all(bool(one.isfinite().all()) for one in state.values())
    assert history["learning_rate"] == [options["recipe"]["optimiser"]["learning_rate"]] * 5
    assert "diverged" not in history
    options["batch_size"] = 20
    found = continual.predict(images, labels, state, options, parts, "cpu")
    assert {found[f"after{k}.episode{j}"].shape[1] for k in range(6) for j in range(1, 6)} == {classes}
    learnt = np.concatenate([found[f"classes.episode{j}"] for j in range(1, 6)])
    assert len(set(learnt.tolist())) == classes
