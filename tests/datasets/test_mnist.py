from __future__ import annotations

import hashlib
import shutil

import numpy as np
import pytest

from hembench.core.digest import file_sha256
from hembench.core.errors import DataError
from hembench.datasets import mnist

MD5 = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
"""As published (torchvision's list): that the sha256 in mnist.FILES are of the official files."""


@pytest.fixture(scope="module")
def folder(real):
    return real("mnist")


def test_the_files_are_the_published_ones(folder):
    assert set(MD5) == set(mnist.FILES)
    for name, md5 in MD5.items():
        content = (folder / name).read_bytes()
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == md5


def test_the_training_set_is_the_known_one(folder):
    images, labels = mnist.train(folder)
    assert images.shape == (60_000, 1, 28, 28)
    assert images.dtype == np.uint8
    assert labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    # mean and deviation that everybody normalises MNIST with
    assert images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert images.std() / 255 == pytest.approx(0.3081, abs=5e-5)
    assert images[0, 0, :5].max() == 0  # rows, not columns: the first 5 has ink from row 5 on
    assert images[0, 0, 5, 12] == 3


def test_few_per_class_are_the_first(folder):
    images, labels = mnist.train(folder)
    few, of = mnist.train(folder, per_class=3)
    assert np.bincount(of).tolist() == [3] * 10
    chosen = [n for n in range(100) if list(labels[:n]).count(labels[n]) < 3]
    np.testing.assert_array_equal(of, labels[chosen])
    np.testing.assert_array_equal(few, images[chosen])


def test_the_test_set_is_the_known_one(folder):
    images, labels = mnist.test(folder)
    assert images.shape == (10_000, 1, 28, 28)
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_a_part_reads_its_own_files_only(folder, tmp_path):
    for name in mnist.FILES:
        if name.startswith("t10k"):
            shutil.copy(folder / name, tmp_path)
    assert len(mnist.test(tmp_path)[0]) == 10_000
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz: raw file is missing"):
        mnist.train(tmp_path)


def test_the_four_files_are_downloaded(folder, tmp_path, server, monkeypatch):
    server.files = {f"/{name}": (folder / name).read_bytes() for name in mnist.FILES}
    monkeypatch.setattr(mnist, "MIRRORS", (server.address,))
    mnist.fetch(tmp_path / "mnist")
    assert {path.name: file_sha256(path) for path in (tmp_path / "mnist").iterdir()} == mnist.FILES
