from __future__ import annotations

import numpy as np
import pytest
import torch

from hembench.attacks import autoattack_paper
from hembench.core.errors import ConfigError
from hembench.engine.inference import restore
from hembench.networks import mlp
from hembench.sets import arrays as arrays_set
from hembench.stages import attack
from hembench.stages.api import Inputs
from hembench.store.content import arrays, read_arrays, read_json, read_weights, weights

OPTIONS = {
    "task": "classification",
    "condition": "made-mlp",
    "seed": 0,
    "dataset": "made",
    "num_classes": 5,
    "image_shape": [1, 6, 6],
    "network": {"name": "mlp", "options": {"width": 16, "depth": 1}},
    "attack": {"name": "autoattack_paper", "options": {"steps": 3, "queries": 20}},
    "norm": "Linf",
    "eps": 0.1,
    "images": 50,
    "shard": 20,
}


@pytest.fixture
def inputs(tmp_path):
    """A network that is right on most images, because the labels are its own answers."""
    torch.manual_seed(0)
    network = mlp.build(5, (1, 6, 6), width=16, depth=1)
    images = np.random.default_rng(0).integers(0, 256, (120, 1, 6, 6), dtype=np.uint8)
    with torch.no_grad():
        labels = network(torch.from_numpy(images).float() / 255).argmax(1).numpy()
    labels[::9] = (labels[::9] + 1) % 5
    for name in ("network", "clean"):
        (tmp_path / name).mkdir()
    weights(network.state_dict())(tmp_path / "network" / "weights.safetensors")
    arrays(images=images, labels=labels)(tmp_path / "clean" / "set.npz")
    told = []
    made = Inputs(
        folders={name: tmp_path / name for name in ("network", "clean")},
        plugins={"read_set": arrays_set.read, "network": mlp.build, "attack": autoattack_paper.attack},
        progress=lambda share, words: told.append(words),
    )
    return made, told


def write(contents, folder):
    folder.mkdir()
    for name, content in contents.items():
        content(folder / name)
    return read_arrays(folder / "attack.npz")


@pytest.mark.parametrize(("norm", "eps"), [("Linf", 0.01), ("L2", 0.1)])
def test_every_column_is_consistent(inputs, tmp_path, norm, eps):
    made, told = inputs
    rows = write(attack.compute(made, {**OPTIONS, "norm": norm, "eps": eps}), tmp_path / "out")
    data = read_arrays(made.folders["clean"] / "set.npz")
    assert told == ["shard 1 of 3", "shard 2 of 3", "shard 3 of 3"]
    assert {name: array.shape for name, array in rows.items()} == {
        "index": (50,),
        "labels": (50,),
        "clean_logits": (50, 5),
        "logits": (50, 5),
        "fooled_by": (50,),
        "distance": (50,),
    }
    kinds = {name: str(array.dtype) for name, array in rows.items()}
    assert kinds["fooled_by"] == "int8"
    assert {kinds[name] for name in ("clean_logits", "logits", "distance")} == {"float32"}
    assert np.array_equal(rows["labels"], data["labels"][rows["index"]])
    right = rows["clean_logits"].argmax(1) == rows["labels"]
    assert 0 < right.sum() < 50
    assert np.array_equal(rows["fooled_by"] == -2, ~right)
    assert np.array_equal(rows["logits"].argmax(1) != rows["labels"], rows["fooled_by"] != -1)
    fooled = rows["fooled_by"] >= 0
    assert 0 < fooled.sum() < right.sum()
    assert rows["distance"].max() <= eps * (1 + 1e-5)
    assert np.array_equal(rows["distance"] > 0, fooled)
    assert np.array_equal(rows["logits"][~fooled], rows["clean_logits"][~fooled])
    told_of = read_json(tmp_path / "out" / "attack.json")
    assert told_of["attacks"] == list(autoattack_paper.ATTACKS)
    assert told_of["flags"] == {"unconfirmed_share": 0.0, "zero_gradient_share": 0.0}


def test_the_subset_is_sorted_unique_and_grows_without_changing():
    few, many = attack.subset(1000, 50, "mnist"), attack.subset(1000, 400, "mnist")
    assert np.array_equal(few, np.unique(few))
    assert set(few) < set(many)
    assert not np.array_equal(few, attack.subset(1000, 50, "digits"))
    assert np.array_equal(attack.subset(70, 70, "mnist"), np.arange(70))


def test_the_subset_knows_neither_condition_nor_seed(inputs, tmp_path):
    made, _ = inputs
    first = write(attack.compute(made, OPTIONS), tmp_path / "first")
    other = write(attack.compute(made, {**OPTIONS, "condition": "other", "seed": 5}), tmp_path / "other")
    assert np.array_equal(first["index"], other["index"])


def test_more_images_than_there_are_is_an_error(inputs):
    made, _ = inputs
    with pytest.raises(ConfigError, match=r"attacks 121 images, but the test set of 'made' has 120"):
        attack.compute(made, {**OPTIONS, "images": 121})


def test_shards_do_not_depend_on_their_order_or_on_the_caller(inputs, tmp_path):
    made, _ = inputs
    options = {**OPTIONS, "norm": "L2", "eps": 0.2}
    rows = write(attack.compute(made, options), tmp_path / "out")
    data = read_arrays(made.folders["clean"] / "set.npz")
    images = torch.from_numpy(data["images"][rows["index"]]).float().div(255)
    labels = torch.from_numpy(rows["labels"])
    state = read_weights(made.folders["network"] / "weights.safetensors")
    network = restore(state, options, mlp.build, "cpu")
    for number in (2, 0, 1):
        torch.manual_seed(number + 40)
        part = slice(number * 20, number * 20 + 20)
        shard = attack.attack_shard(made, options, network, images[part], labels[part], number)
        for name, column in shard.rows.items():
            assert np.array_equal(column, rows[name][part]), (number, name)


def test_shards_start_from_seeds_of_their_own(inputs):
    made, _ = inputs
    seeds = []

    def watched(model, images, labels, seed, **options):
        seeds.append(seed)
        return autoattack_paper.attack(model, images, labels, seed, **options)

    plugins = {**made.plugins, "attack": watched}
    other = Inputs(folders=made.folders, plugins=plugins)
    for changes in ({}, {"norm": "L2"}, {"seed": 1}, {"condition": "other"}):
        attack.compute(other, {**OPTIONS, **changes})
    assert len(set(seeds)) == len(seeds) == 12
