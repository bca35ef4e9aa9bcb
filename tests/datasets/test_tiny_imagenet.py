"""The published archive is not at hand: one of its layout is made, with its 200 kinds and few pictures of each."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.datasets import tiny_imagenet

KINDS = [f"n{number * 3:08}" for number in range(200)]
ROOT = "tiny-imagenet-200"


@pytest.fixture
def folder(tmp_path, picture, make_known, monkeypatch):
    """Return a function: changed files -> a folder with an archive of 2 pictures for each kind and part."""
    monkeypatch.setattr(tiny_imagenet, "SIZES", {"train": 400, "test": 400})
    content = [picture(64, 64, number) for number in range(5)]

    def made(changes=None):
        files = {f"{ROOT}/wnids.txt": "\n".join(reversed(KINDS)).encode(), f"{ROOT}/words.txt": b"x"}
        for place, kind in enumerate(KINDS):
            files[f"{ROOT}/train/{kind}/{kind}_boxes.txt"] = b"x"
            for number in (1, 0):
                files[f"{ROOT}/train/{kind}/images/{kind}_{number}.JPEG"] = content[(place + number) % 5]
        lines = []
        for number in reversed(range(400)):  # kind 7 * number % 200
            files[f"{ROOT}/val/images/val_{number}.JPEG"] = content[number % 5]
            lines.append(f"val_{number}.JPEG\t{KINDS[number * 7 % 200]}\t0\t0\t63\t63")
        files[f"{ROOT}/val/val_annotations.txt"] = "\n".join(lines).encode()
        files[f"{ROOT}/test/images/test_0.JPEG"] = content[0]
        with zipfile.ZipFile(tmp_path / "tiny-imagenet-200.zip", "w") as archive:
            for name, bytes_ in (files | (changes or {})).items():
                if bytes_ is not None:
                    archive.writestr(name, bytes_)
        make_known(tiny_imagenet, tmp_path)
        return tmp_path

    return made


def _blue(images):
    return np.rint(images.mean(axis=(2, 3))[:, 2] / 37).astype(int).tolist()


def test_the_training_part_is_read_kind_by_kind(folder):
    images, labels = tiny_imagenet.train(folder())
    assert (images.dtype, images.shape) == (np.uint8, (400, 3, 64, 64))
    assert labels.tolist() == [kind for kind in range(200) for _ in range(2)]
    assert _blue(images) == [(kind + number) % 5 for kind in range(200) for number in range(2)]


def test_the_validation_part_is_the_test_set(folder):
    images, labels = tiny_imagenet.test(folder())
    assert (images.dtype, images.shape) == (np.uint8, (400, 3, 64, 64))
    assert labels.tolist() == [kind for kind in range(200) for _ in range(2)]
    # kind 7 has the numbers 1 and 201, kind 14 has 2 and 202
    assert _blue(images[[14, 15, 28, 29]]) == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({f"{ROOT}/wnids.txt": None}, "its lists can't be read"),
        ({f"{ROOT}/val/images/val_3.JPEG": None}, "1 of 400 photographs are missing"),
        ({f"{ROOT}/val/images/val_3.JPEG": b"x"}, r"val_3\.JPEG: not a whole picture"),
        ({f"{ROOT}/val/val_annotations.txt": b"val_3.JPEG"}, "its lists can't be read"),
    ],
)
def test_another_validation_part_is_refused(folder, changes, message):
    with pytest.raises(DataError, match=message):
        tiny_imagenet.test(folder(changes))


@pytest.mark.parametrize("number", ["2", "00"])
def test_another_training_part_is_refused(folder, picture, number):
    extra = {f"{ROOT}/train/{KINDS[5]}/images/{KINDS[5]}_{number}.JPEG": picture(64, 64)}
    with pytest.raises(DataError, match="is no photograph of the official set"):
        tiny_imagenet.train(folder(extra))


def test_a_picture_of_another_size_is_refused(folder, picture):
    extra = {f"{ROOT}/train/{KINDS[5]}/images/{KINDS[5]}_0.JPEG": picture(64, 65)}
    with pytest.raises(DataError, match="64x65 pixels, expected 64x64"):
        tiny_imagenet.train(folder(extra))
