"""Stages of segmentation on tiny pictures: what they write, by hand; and killed, they end with the same bytes."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as drawn_arrays
from safetensors.torch import save_file

from hembench.core import plugins
from hembench.core.digest import file_sha256
from hembench.core.errors import DataError
from hembench.metrics._confusion import confusion_of
from hembench.sets import shards
from hembench.stages import (
    derive_class_counts,
    evaluate_dense,
    prepare_dense,
    prepare_dense_shards,
    prepare_encoder,
)
from hembench.stages._tidy import HISTOGRAMS, HISTORIES, METRICS
from hembench.stages.api import Inputs
from hembench.stages.derive_class_counts import class_counts
from hembench.store.content import arrays, json_file, read_arrays, read_frame, read_weights

IGNORED, CLASSES = 255, 3
OPTIONS = {"dataset": "made", "set": "train", "options": {}, "num_classes": CLASSES, "ignored": IGNORED}
METRIC_NAMES = [
    name for name in plugins.names("metrics") if "dense" in plugins.constants("metrics", name)["MEASURED_ON"]
]


def pictures(count=7):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 3, 4, 6), dtype=np.uint8)
    labels = rng.integers(0, CLASSES, (count, 4, 6), dtype=np.uint8)
    labels[:, 0] = IGNORED
    return images, labels


def write(contents, folder):
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        content(folder / name)
    return folder


def test_labels_are_the_last_channel_of_a_prepared_set(tmp_path):
    images, labels = pictures()
    inputs = Inputs(plugins={"read": lambda _: (images, labels)})
    found = read_arrays(write(prepare_dense.compute(inputs, OPTIONS), tmp_path / "set") / "set.npz")["images"]
    assert found.dtype == np.uint8
    assert np.array_equal(found[:, :3], images)
    assert np.array_equal(found[:, 3], labels)


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_large_set_has_the_same_pictures_in_shards(tmp_path, part):
    images, labels = pictures()
    options = OPTIONS | {"set": part, "images": 7, "per_shard": 3}
    inputs = Inputs(plugins={"read": lambda _: (images, labels)})
    write(prepare_dense_shards.compute(inputs, options), tmp_path / "set")
    assert len(list((tmp_path / "set").glob("images-*.npy"))) == 3
    found = np.asarray(shards.read(tmp_path / "set")["images"])
    whole = np.concatenate([images, labels[:, None]], axis=1)
    if part == "test":
        assert np.array_equal(found, whole)
    else:
        assert sorted(picture.tobytes() for picture in found) == sorted(picture.tobytes() for picture in whole)
    with pytest.raises(DataError, match="7 images, expected 8"):
        prepare_dense_shards.compute(inputs, options | {"images": 8})


def test_labels_that_are_none_are_refused_at_the_door():
    images, labels = pictures()
    for wrong, message in (
        (labels.astype(np.int64), "labels are int64"),
        (labels[:, 1:], "one label for each pixel"),
        (np.where(labels == 2, 7, labels).astype(np.uint8), "labels go up to 7, expected 0 to 2, or 255"),
    ):
        inputs = Inputs(plugins={"read": lambda _, given=wrong: (images, given)})
        with pytest.raises(DataError, match=message):
            prepare_dense.compute(inputs, OPTIONS)


@pytest.mark.parametrize("unit", ["pixel", "pixel_per_image", "image"])
def test_classes_are_counted_alike_in_memory_and_in_shards(tmp_path, unit):
    images, labels = pictures()
    read = Inputs(plugins={"read": lambda _: (images, labels)})
    write(prepare_dense.compute(read, OPTIONS), tmp_path / "whole")
    write(prepare_dense_shards.compute(read, OPTIONS | {"images": 7, "per_shard": 2}), tmp_path / "shards")
    options = {"num_classes": CLASSES, "ignored": IGNORED, "unit": unit}
    counts = []
    for name in ("whole", "shards"):
        inputs = Inputs(folders={"train": tmp_path / name}, plugins={"read_set": shards.read})
        folder = write(derive_class_counts.compute(inputs, options), tmp_path / f"counts-{name}")
        counts.append(read_arrays(folder / "counts.npz")["counts"])
    assert counts[0].dtype == np.float64
    assert np.array_equal(counts[0], counts[1])
    assert np.array_equal(counts[0], class_counts(labels, CLASSES, unit))


@given(drawn_arrays(np.uint8, (4, 5, 5), elements=st.sampled_from([0, 1, 2, IGNORED])))
@settings(max_examples=30, deadline=None)
def test_void_pixels_are_counted_in_no_unit(labels):
    pixel, per_image, image = (class_counts(labels, CLASSES, u) for u in ("pixel", "pixel_per_image", "image"))
    assert pixel.sum() == (labels != IGNORED).sum()
    assert np.allclose(per_image * 4, pixel)
    assert ((image > 0) == (pixel > 0)).all()
    assert image.max(initial=0) <= 4


def test_an_encoder_is_a_file_of_the_user_and_no_other(tmp_path):
    state = {"weight": torch.arange(6.0).reshape(2, 3)}
    path = tmp_path / "mine.safetensors"
    options = {"dataset": "encoders", "file": path.name, "sha256": "0" * 64}
    with pytest.raises(DataError, match=r"mine\.safetensors: the encoder's weights are missing"):
        prepare_encoder.compute(Inputs(raw=tmp_path), options)
    save_file(state, path)
    with pytest.raises(DataError, match="is another file: sha256"):
        prepare_encoder.compute(Inputs(raw=tmp_path), options)
    given = options | {"sha256": file_sha256(path)}
    folder = write(prepare_encoder.compute(Inputs(raw=tmp_path), given), tmp_path / "out")
    assert torch.equal(read_weights(folder / "encoder.safetensors")["weight"], state["weight"])
    path.write_bytes(b"no weights")
    with pytest.raises(DataError, match="no safetensors file"):
        prepare_encoder.compute(Inputs(raw=tmp_path), options | {"sha256": file_sha256(path)})


CELL = "scenes-fcn-ce-s3"
CONFUSION = np.array([[[8, 0, 2], [0, 0, 0], [0, 0, 0]], [[4, 0, 0], [1, 5, 0], [0, 0, 0]]])
EVALUATED = {
    "condition": "scenes-fcn",
    "dataset": "scenes",
    "network": "fcn",
    "recipe": "quick",
    "cells": {CELL: {"variant": "ce", "loss": "ce", "seed": 3}},
    "metrics": METRIC_NAMES,
    "classes": ["road", "car", "bus"],
    "examples": [],
    "ignored": IGNORED,
}


def evaluated(tmp_path, confusion):
    folder = tmp_path / "prediction"
    folder.mkdir()
    arrays(confusion=confusion)(folder / "predictions.npz")
    json_file({"train_loss": [0.5, None]})(folder / "history.json")
    loaded = {f"metric.{name}": getattr(plugins.load("metrics", name), name) for name in METRIC_NAMES}
    inputs = Inputs(folders={f"predict.dense.{CELL}": folder}, plugins=loaded)
    write(evaluate_dense.compute(inputs, EVALUATED), tmp_path)
    return {path.stem: read_frame(path) for path in tmp_path.glob("*.parquet")}


def test_every_reduction_by_hand(tmp_path):
    found = evaluated(tmp_path, CONFUSION)
    metrics = found["metrics"]
    assert list(metrics) == METRICS
    assert set(metrics["kind"]) == {"dense"}
    assert set(metrics["n"]) == {2}
    # road: 12 of 15; car: 5 of 6; bus: 0 of 2
    assert dict(zip(metrics["metric"], metrics["value"], strict=True)) == pytest.approx(
        {
            "iou": (12 / 15 + 5 / 6 + 0) / 3,
            "iou_micro": 17 / 23,
            "iou_macro_imagewise": (8 / 10 + 1 + 0 + 4 / 5 + 5 / 6 + 1) / 6,
            "iou_micro_imagewise": (8 / 12 + 9 / 11) / 2,
            "collapsed": 0,
        }
    )
    assert list(found["histories"]) == HISTORIES
    assert list(found["histograms"]) == HISTOGRAMS
    classes = found["classes"]
    assert list(classes) == evaluate_dense.CLASSES
    assert classes["name"].tolist() == ["road", "car", "bus"]
    assert classes["value"].tolist() == pytest.approx([12 / 15, 5 / 6, 0])
    assert classes["labelled"].tolist() == [14, 6, 0]
    assert classes["predicted"].tolist() == [13, 5, 2]


def test_best_and_worst_pictures_are_shown_with_what_is_predicted(tmp_path):
    """Six pictures of 4x600: of each the first so many columns are wrong with ce, none with hem_plus."""
    truth = np.ones((6, 4, 600), dtype=np.uint8)
    truth[:, 0] = IGNORED
    images = np.concatenate([np.full((6, 3, 4, 600), 9, dtype=np.uint8), truth[:, None]], axis=1)
    wrong = truth.copy()
    for number, columns in enumerate((30, 500, 60, 0, 400, 90)):
        wrong[number, :, :columns] = 2
    cells = {}
    for loss, said in (("ce", wrong), ("hem_plus", np.ones_like(truth))):
        folder = tmp_path / loss
        folder.mkdir()
        kept = {"confusion": confusion_of(said, truth, CLASSES, IGNORED), "predicted": said}
        arrays(kept)(folder / "predictions.npz")
        json_file({})(folder / "history.json")
        cells[f"c-{loss}-s0"] = {"variant": loss, "loss": loss, "seed": 0}
    loaded = {f"metric.{name}": getattr(plugins.load("metrics", name), name) for name in METRIC_NAMES}
    inputs = Inputs(
        folders={
            "clean": tmp_path,
            **{f"predict.dense.c-{loss}-s0": tmp_path / loss for loss in ("ce", "hem_plus")},
        },
        plugins={**loaded, "read_set": lambda _: {"images": images}},
    )
    options = EVALUATED | {"cells": cells, "examples": list(cells)}
    write(evaluate_dense.compute(inputs, options), tmp_path / "out")
    found = read_frame(tmp_path / "out" / "examples.parquet")
    assert list(found) == evaluate_dense.EXAMPLES
    of_ce = found[found["variant"] == "ce"]
    assert dict(zip(of_ce["place"], of_ce["picture"], strict=True)) == {1: 3, 2: 0, -1: 1, -2: 4}
    assert set(found.loc[found["variant"] == "hem_plus", "value"]) == {1.0}
    worst = of_ce[of_ce["place"] == -1].iloc[0]
    shape = (int(worst["height"]), int(worst["width"]))
    assert shape == (2, 200), "every third pixel"
    predicted = np.frombuffer(base64.b64decode(worst["predicted"]), dtype=np.uint8).reshape(shape)
    assert (predicted[0] == IGNORED).all()
    assert predicted[1].tolist() == wrong[1, 3, ::3].tolist()
    assert len(base64.b64decode(worst["pixels"])) == 2 * 200 * 3


def test_a_class_that_is_nowhere_has_no_iou_and_one_class_everywhere_is_a_collapse(tmp_path):
    found = evaluated(tmp_path, np.array([[[8, 0, 0], [3, 0, 0], [0, 0, 0]]]))
    assert np.isnan(found["classes"]["value"].tolist()[2])
    values = found["metrics"].set_index("metric")["value"]
    assert values["collapsed"] == 1
    assert values["iou"] == pytest.approx((8 / 11 + 0 + 1) / 3)
