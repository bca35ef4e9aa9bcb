from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from hembench.core.errors import DataError, InputError
from hembench.datasets import digits


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "digits"
    digits.fetch(folder)
    return folder


@pytest.fixture(scope="module")
def sets(folder):
    return {"train": digits.train(folder), "test": digits.test(folder)}


def test_shapes_and_sizes(sets):
    for part, (images, labels) in sets.items():
        assert images.shape == (digits.SIZES[part], *digits.IMAGE_SHAPE)
        assert images.dtype == np.uint8
        assert labels.shape == (digits.SIZES[part],)
        assert labels.dtype == np.int64
        assert images.flags.c_contiguous


def test_both_parts_together_are_the_images_of_scikit_learn(sets):
    bunch = load_digits()
    expected = np.round(bunch.images * 255 / 16).astype(np.uint8)
    parts = [np.concatenate([sets[part][n] for part in ("train", "test")]) for n in (0, 1)]
    found = {(image.tobytes(), int(label)) for image, label in zip(*parts, strict=True)}
    assert len(parts[0]) == 1797
    assert found == {(image.tobytes(), int(label)) for image, label in zip(expected, bunch.target, strict=True)}


def test_half_goes_up(sets):
    assert set(np.unique(sets["train"][0])) == {int(value * 255 / 16 + 0.5) for value in range(17)}


def test_every_fifth_of_each_class_is_a_test_image(sets):
    bunch = load_digits()
    of_threes = np.round(bunch.images[bunch.target == 3] * 255 / 16).astype(np.uint8)
    images, labels = sets["test"]
    np.testing.assert_array_equal(images[labels == 3][:, 0], of_threes[4::5])


def test_classes_are_nearly_equal(sets):
    counts = np.bincount(sets["train"][1])
    assert counts.tolist() == [143, 146, 142, 147, 145, 146, 145, 144, 140, 144]
    assert np.bincount(sets["test"][1]).min() >= 34


def test_imbalance_keeps_the_first_of_each_class(folder, sets):
    images, labels = digits.train(folder, imbalance=10.0)
    assert np.bincount(labels).tolist() == [140, 108, 83, 64, 50, 38, 30, 23, 18, 14]
    full_images, full_labels = sets["train"]
    np.testing.assert_array_equal(images[labels == 9], full_images[full_labels == 9][:14])


def test_imbalance_of_one_changes_nothing(folder, sets):
    np.testing.assert_array_equal(digits.train(folder, imbalance=1.0)[0], sets["train"][0])


def test_imbalance_below_one_is_refused(folder):
    with pytest.raises(InputError, match="at least 1"):
        digits.train(folder, imbalance=0.5)


def test_a_missing_file_says_how_to_get_it(tmp_path):
    with pytest.raises(DataError, match=r"digits\.csv\.gz: raw file is missing.*hembench data fetch digits"):
        digits.train(tmp_path / "digits")


def test_a_changed_file_is_refused(folder, tmp_path):
    other = tmp_path / "digits.csv.gz"
    other.write_bytes((folder / "digits.csv.gz").read_bytes() + b"x")
    with pytest.raises(DataError, match="sha256"):
        digits.test(tmp_path)


def test_fetch_replaces_a_changed_file_and_keeps_a_good_one(folder, tmp_path):
    target = tmp_path / "digits.csv.gz"
    target.write_bytes(b"damaged")
    digits.fetch(tmp_path)
    assert target.read_bytes() == (folder / "digits.csv.gz").read_bytes()
    before = target.stat().st_ino
    digits.fetch(tmp_path)
    assert target.stat().st_ino == before
    assert [path.name for path in tmp_path.iterdir()] == ["digits.csv.gz"]
