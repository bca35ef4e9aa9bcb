"""Both have MNIST's layout; the files here are made, so their sha256 are exchanged."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.datasets import fashion_mnist, kmnist

LABELS = np.arange(10_000) % 10


@pytest.fixture(params=[fashion_mnist, kmnist], ids=lambda module: module.__name__)
def dataset(request, tmp_path, monkeypatch):
    module = request.param
    images = np.zeros((10_000, 28, 28), dtype=np.uint8)
    images[7, 3, 5] = 200
    _write(tmp_path / "t10k-images-idx3-ubyte.gz", images)
    _write(tmp_path / "t10k-labels-idx1-ubyte.gz", LABELS.astype(np.uint8))
    made = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    monkeypatch.setattr(module, "FILES", made)
    return module


def _write(path: Path, values: np.ndarray) -> None:
    header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, dtype=">u4").tobytes()
    path.write_bytes(gzip.compress(header + values.tobytes()))


def test_images_and_labels_are_read(dataset, tmp_path):
    dataset.fetch(tmp_path)
    images, labels = dataset.test(tmp_path)
    assert images.shape == (10_000, 1, 28, 28)
    assert images[7, 0, 3, 5] == 200
    assert images.sum() == 200
    np.testing.assert_array_equal(labels, LABELS)


def test_a_set_of_another_size_is_refused(dataset, tmp_path, monkeypatch):
    path = tmp_path / "t10k-labels-idx1-ubyte.gz"
    _write(path, LABELS[:-1].astype(np.uint8))
    monkeypatch.setitem(dataset.FILES, path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(DataError, match="test set"):
        dataset.test(tmp_path)


def test_other_and_missing_files_are_refused(dataset, tmp_path):
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(b"other")
    with pytest.raises(DataError, match="sha256"):
        dataset.test(tmp_path)
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte.gz is another file"):
        dataset.fetch(tmp_path)


def test_the_files_are_downloaded(dataset, tmp_path, server, monkeypatch):
    server.files = {f"/{path.name}": path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(dataset, "MIRRORS", (server.address,))
    dataset.fetch(tmp_path / "new")
    assert dataset.test(tmp_path / "new")[0].sum() == 200


FACTS = {
    # label counts, first labels, mean grey value of the official test files
    fashion_mnist: ([1000] * 10, [9, 2, 1, 1, 6]),
    kmnist: ([1000] * 10, [2, 9, 3, 8, 3]),
}


@pytest.mark.parametrize("module", FACTS, ids=lambda module: module.__name__)
def test_the_real_files(module, real):
    counts, first = FACTS[module]
    images, labels = module.test(real(module.__name__.rpartition(".")[2]))
    assert np.bincount(labels).tolist() == counts
    assert labels[:5].tolist() == first
    assert images.dtype == np.uint8
    assert images.min() == 0
    assert images.max() == 255
    assert images[:, :, 0].mean() < images[:, :, 14].mean()  # rows: white on black, the object in the middle
