"""CIFAR10, CIFAR100 and their subsets: real images of the subsets, made files of the full sets' sizes."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile

import numpy as np
import pytest
from PIL import Image

from hembench.core.digest import file_sha256
from hembench.core.errors import DataError, InputError
from hembench.datasets import cifar10, cifar10_first1000, cifar100, cifar100_subset
from hembench.datasets._cifar import records
from hembench.datasets._longtail import kept


def _records(labels, label_bytes):
    """Return records with every label's own colours: red = label, green = position, blue = 7."""
    table = np.zeros((len(labels), label_bytes + 3072), dtype=np.uint8)
    table[:, 0] = 99  # the coarse label of CIFAR100, which nothing may read
    table[:, label_bytes - 1] = labels
    pixels = table[:, label_bytes:].reshape(-1, 3, 1024)
    pixels[:, 0], pixels[:, 1], pixels[:, 2] = np.array(labels)[:, None], np.arange(len(labels))[:, None] % 256, 7
    return table.tobytes()


def _archive(path, contents, folder):
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, content in contents.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path.read_bytes()


@pytest.fixture(scope="module")
def subset(real):
    return real("cifar10_first1000")


@pytest.fixture(scope="module")
def subset100(real):
    return real("cifar100_subset")


@pytest.fixture(scope="module")
def made10(tmp_path_factory):
    """Return a folder and the checksums of files of CIFAR10's layout and size, classes in turn."""
    folder = tmp_path_factory.mktemp("made") / "cifar10"
    folder.mkdir()
    content = _records(np.arange(10_000) % 10, 1)
    for name in cifar10.FILES:
        (folder / name).write_bytes(content)
    return folder, dict.fromkeys(cifar10.FILES, hashlib.sha256(content).hexdigest())


@pytest.fixture(scope="module")
def made100(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "cifar100"
    folder.mkdir()
    parts = {f"{part}.bin": _records(np.arange(size) % 100, 2) for part, size in cifar100.SIZES.items()}
    name = "cifar-100-binary.tar.gz"
    content = _archive(folder / name, parts | {"fine_label_names.txt": b"apple\n"}, "cifar-100-binary")
    return folder, {name: hashlib.sha256(content).hexdigest()}


def test_a_record_is_a_label_and_three_planes():
    images, labels = records(_records([3, 250], 2), 2, "x")
    assert labels.tolist() == [3, 250]
    assert images.shape == (2, 3, 32, 32)
    assert images.flags.c_contiguous
    assert images[1, :, 5, 9].tolist() == [250, 1, 7]


@pytest.mark.parametrize("content", [b"", b"x" * 3072, b"x" * 3074])
def test_half_records_are_refused(content):
    with pytest.raises(DataError, match="no whole number of records of 3073 bytes"):
        records(content, 1, "x")


def test_the_subset_is_the_beginning_of_cifar10(subset, project):
    images, labels = cifar10_first1000.train(subset)
    assert images.shape == (5000, 3, 32, 32)
    assert images.dtype == np.uint8
    assert np.bincount(labels).tolist() == [508, 515, 478, 484, 527, 469, 497, 512, 518, 492]
    # the best known picture of CIFAR10: a frog, then two trucks, a deer and a car
    assert labels[:5].tolist() == [6, 9, 9, 4, 1]
    assert images[0, :, 0, 0].tolist() == [59, 62, 63]  # red, green, blue
    assert images[0, 0, 0, :3].tolist() == [59, 43, 50]  # along the row
    images, labels = cifar10_first1000.test(subset)
    assert images.shape == (1000, 3, 32, 32)
    assert labels[:5].tolist() == [3, 8, 8, 0, 6]
    names = pickle.loads(
        (project.parent / "shared/data/cifar-10-batches-py/batches.meta").read_bytes(), encoding="latin1"
    )["label_names"]
    assert [names[number] for number in labels[:5]] == ["cat", "ship", "ship", "airplane", "frog"]


def test_the_subset_of_cifar100(subset100, project):
    images, labels = cifar100_subset.train(subset100)
    assert images.shape == (480, 3, 32, 32)
    assert np.setdiff1d(np.arange(100), labels).tolist() == [16]
    names = pickle.loads((project.parent / "shared/data/cifar-100-python/meta").read_bytes(), encoding="latin1")[
        "fine_label_names"
    ]
    assert [names[number] for number in labels[:3]] == ["cattle", "dinosaur", "apple"]
    images, labels = cifar100_subset.test(subset100)
    assert images.shape == (900, 3, 32, 32)
    assert set(labels.tolist()) == set(range(100))
    assert [names[number] for number in labels[:3]] == ["mountain", "forest", "seal"]


@pytest.mark.optional
def test_the_whole_of_cifar10(real):
    folder = real("cifar10")
    images, labels = cifar10.train(folder)
    assert np.bincount(labels).tolist() == [5000] * 10
    # what everybody normalises CIFAR10 with
    assert (images.mean(axis=(0, 2, 3)) / 255).round(4).tolist() == [0.4914, 0.4822, 0.4465]
    assert np.bincount(cifar10.test(folder)[1]).tolist() == [1000] * 10
    assert len(cifar10.train(folder, imbalance=100)[1]) == 12_406
    assert len(cifar10.train(folder, imbalance=10)[1]) == 20_431


def test_a_file_of_the_subset_is_none_of_cifar10(subset):
    with pytest.raises(DataError, match=r"data_batch_1\.bin: sha256 is 1c5f9e.*expected cee916"):
        cifar10.train(subset)


@pytest.mark.parametrize(("imbalance", "total"), [(1, 50_000), (10, 20_431), (100, 12_406)])
def test_long_tails_of_cifar10(made10, monkeypatch, imbalance, total):
    folder, files = made10
    monkeypatch.setattr(cifar10, "FILES", files)
    images, labels = cifar10.train(folder, imbalance=imbalance)
    assert images.shape == (total, 3, 32, 32)
    assert np.bincount(labels)[9] == 5000 // imbalance
    np.testing.assert_array_equal(images[:, 0, 0, 0], labels)  # an image keeps its label
    assert len(cifar10.test(folder)[1]) == 10_000


@pytest.mark.parametrize(("imbalance", "total"), [(10, 19_573), (100, 10_847)])
def test_long_tails_of_cifar100(made100, monkeypatch, imbalance, total):
    folder, files = made100
    monkeypatch.setattr(cifar100, "FILES", files)
    images, labels = cifar100.train(folder, imbalance=imbalance)
    assert images.shape == (total, 3, 32, 32)
    assert np.bincount(labels)[[0, 99]].tolist() == [500, 500 // imbalance]
    assert np.bincount(cifar100.test(folder)[1]).tolist() == [100] * 100


def test_fifty_per_class_are_the_first(subset):
    images, labels = cifar10_first1000.train(subset, per_class=50)
    assert np.bincount(labels).tolist() == [50] * 10
    of_all, numbers = cifar10_first1000.train(subset)
    np.testing.assert_array_equal(images[labels == 4], of_all[numbers == 4][:50])
    assert labels[:5].tolist() == [6, 9, 9, 4, 1]  # in file order


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((1.0, 4), "per_class=4: expected 1 to 3, the size of the smallest class"),
        ((1.0, 0), "per_class=0: expected 1 to 3"),
        ((2.0, 2), "imbalance=2.0 and per_class=2: give one of them"),
        ((0.5, None), "at least 1"),
    ],
)
def test_what_can_not_be_kept_is_refused(options, message):
    labels = np.array([0, 1, 0, 1, 0, 1, 0])
    with pytest.raises(InputError, match=message):
        kept(labels, 2, *options)


def test_the_files_are_unpacked_out_of_the_official_archive(subset, tmp_path, server, monkeypatch):
    """With twice as many records as the subset keeps."""
    whole = {name: (subset / name).read_bytes() * 2 for name in cifar10_first1000.FILES}
    content = _archive(tmp_path / "a", whole | {"readme.html": b"x"}, "cifar-10-batches-bin")
    server.files = {"/cifar-10-binary.tar.gz": content}
    for module in (cifar10_first1000, cifar10):
        archive = ("cifar-10-binary.tar.gz", hashlib.sha256(content).hexdigest())
        monkeypatch.setattr(module, "ARCHIVE", archive)
        monkeypatch.setattr(module, "MIRRORS", (server.address,))
    first = tmp_path / "cifar10_first1000"
    cifar10_first1000.fetch(first)
    assert {path.name: file_sha256(path) for path in first.iterdir()} == cifar10_first1000.FILES
    cifar10_first1000.fetch(first)
    assert len(server.requests) == 1
    files = {name: hashlib.sha256(bytes_).hexdigest() for name, bytes_ in whole.items()}
    monkeypatch.setattr(cifar10, "FILES", files)
    cifar10.fetch(tmp_path / "cifar10")
    assert {path.name: file_sha256(path) for path in (tmp_path / "cifar10").iterdir()} == files


def test_an_archive_that_was_put_there_is_used_and_kept(subset100, tmp_path, monkeypatch):
    whole = {name: (subset100 / name).read_bytes() for name in cifar100_subset.FILES}
    name = "cifar-100-binary.tar.gz"
    content = _archive(tmp_path / name, whole, "cifar-100-binary")
    monkeypatch.setattr(cifar100_subset, "ARCHIVE", (name, hashlib.sha256(content).hexdigest()))
    monkeypatch.setattr(cifar100_subset, "MIRRORS", ())
    cifar100_subset.fetch(tmp_path)
    assert len(cifar100_subset.train(tmp_path)[1]) == 480
    assert (tmp_path / name).is_file()


def test_an_archive_without_the_files_is_refused(tmp_path, monkeypatch):
    content = _archive(tmp_path / "cifar-10-binary.tar.gz", {"readme.html": b"x"}, "x")
    monkeypatch.setattr(cifar10, "ARCHIVE", ("cifar-10-binary.tar.gz", hashlib.sha256(content).hexdigest()))
    with pytest.raises(DataError, match=r"(?s)data_batch_1\.bin is missing.*part of https://www.cs.toronto"):
        cifar10.fetch(tmp_path)


def test_cifar100_is_downloaded_as_it_is(made100, tmp_path, server, monkeypatch):
    folder, files = made100
    server.files = {f"/{name}": (folder / name).read_bytes() for name in files}
    monkeypatch.setattr(cifar100, "FILES", files)
    monkeypatch.setattr(cifar100, "MIRRORS", (server.address,))
    cifar100.fetch(tmp_path / "cifar100")
    assert len(cifar100.test(tmp_path / "cifar100")[1]) == 10_000


def test_pictures_look_right_side_up(subset):
    """The sky is above: the upper half of planes and ships is brighter than the lower."""
    images, labels = cifar10_first1000.train(subset)
    ships = images[labels == 8].astype(float)
    assert ships[:, :, :16].mean() > ships[:, :, 16:].mean() + 10
    assert Image.fromarray(images[0].transpose(1, 2, 0)).size == (32, 32)
