"""The accuracy matrix out of predictions, by hand; and what is not known of a network that diverged."""

from __future__ import annotations

import numpy as np
import pytest

from hembench.core import plugins
from hembench.stages.api import Inputs
from hembench.stages.evaluate import HISTOGRAMS, HISTORIES, METRICS
from hembench.stages.evaluate_episodes import ACCURACIES, compute
from hembench.store.content import arrays, json_file, read_frame

NAMES = [
    name for name in plugins.names("metrics") if "episodes" in plugins.constants("metrics", name)["MEASURED_ON"]
]
CELL = "split-si-ce-s3"
OPTIONS = {
    "condition": "split-si",
    "dataset": "split",
    "network": "mlp",
    "recipe": "quick",
    "cells": {CELL: {"variant": "ce", "loss": "ce", "seed": 3}},
    "incremental": "class",
    "metrics": NAMES,
}


def logits(*said: tuple[int, int]) -> np.ndarray:
    """Logits of four classes: the first named is the largest, the second is next."""
    found = np.zeros((len(said), 4), dtype=np.float32)
    for row, (best, second) in enumerate(said):
        found[row, best], found[row, second] = 2.0, 1.0
    return found


PREDICTED = {
    "labels.episode1": np.array([3, 1, 1, 3]),
    "classes.episode1": np.array([3, 1]),
    "labels.episode2": np.array([0, 2]),
    "classes.episode2": np.array([0, 2]),
    "after0.episode1": logits((3, 0), (0, 3), (0, 1), (2, 1)),  # 1 of 4; of its own: 3, 3, 1, 1: 2 of 4
    "after0.episode2": logits((1, 0), (1, 2)),  # 0 of 2; of its own: 0, 2: both
    "after1.episode1": logits((3, 0), (1, 3), (1, 0), (3, 1)),  # all
    "after1.episode2": logits((0, 1), (1, 3)),  # 1 of 2; of its own: 0, 0: 1 of 2
    "after2.episode1": logits((3, 0), (0, 3), (0, 3), (0, 3)),  # 1 of 4; of its own: 3, 3, 3, 3: 2 of 4
    "after2.episode2": logits((0, 2), (2, 0)),  # both
}
HISTORY = {"train_loss": [0.5, 0.25], "memory_samples": [None, 9.0]}


@pytest.fixture
def frames(tmp_path):
    def made(predicted=PREDICTED, **changes):
        folder = tmp_path / "prediction"
        folder.mkdir(exist_ok=True)
        arrays(predicted)(folder / "predictions.npz")
        json_file(HISTORY)(folder / "history.json")
        loaded = {f"metric.{name}": getattr(plugins.load("metrics", name), name) for name in NAMES}
        inputs = Inputs(folders={f"predict.episodes.{CELL}": folder}, plugins=loaded)
        for name, write in compute(inputs, OPTIONS | changes).items():
            write(tmp_path / name)
        return {path.stem: read_frame(path) for path in tmp_path.glob("*.parquet")}

    return made


def matrix(found):
    return found["accuracies"].pivot(index="after", columns="episode", values="accuracy").to_numpy()


def test_the_matrix_by_hand(frames):
    found = frames()
    assert matrix(found).tolist() == [[0.25, 0.0], [1.0, 0.5], [0.25, 1.0]]
    assert found["accuracies"]["n"].tolist() == [4, 2] * 3
    values = dict(zip(found["metrics"]["metric"], found["metrics"]["value"], strict=True))
    assert values == pytest.approx(
        {
            "final_accuracy": 0.625,
            "stream_accuracy": 0.5,
            "learning_accuracy": 1.0,
            "backward_transfer": -0.75,
            "forward_transfer": 0.5,
            "forgetting": 0.75,
        }
    )


def test_with_a_head_for_each_episode_only_its_own_classes_are_looked_at(frames):
    assert matrix(frames(incremental="task")).tolist() == [[0.5, 1.0], [1.0, 0.5], [0.5, 1.0]]


def test_frames_are_as_those_of_classification(frames):
    found = frames()
    assert list(found["metrics"]) == METRICS
    assert list(found["histories"]) == HISTORIES
    assert list(found["histograms"]) == HISTOGRAMS
    assert len(found["histograms"]) == 0
    assert list(found["accuracies"]) == ACCURACIES
    assert set(found["metrics"]["kind"]) == {"episodes"}
    assert set(found["metrics"]["n"]) == {6}
    assert set(found["accuracies"]["incremental"]) == {"class"}
    assert found["metrics"].loc[0, ["condition", "variant", "seed"]].tolist() == ["split-si", "ce", 3]
    noted = found["histories"].query("quantity == 'memory_samples'")["value"].tolist()
    assert np.isnan(noted[0])
    assert noted[1] == 9.0


def test_a_network_that_diverged_has_no_accuracy_from_then_on(frames):
    broken = PREDICTED["after2.episode1"].copy()
    broken[0, 0] = np.nan
    found = frames(PREDICTED | {"after2.episode1": broken})
    assert np.isnan(matrix(found)[2, 0])
    assert matrix(found)[:2].tolist() == [[0.25, 0.0], [1.0, 0.5]]
    assert found["metrics"]["value"].isna().all()
