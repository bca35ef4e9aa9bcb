"""The archives are behind a login: some of their layout are made, with few and small scenes."""

from __future__ import annotations

import gc
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from hembench.core.errors import DataError
from hembench.datasets import cityscapes
from hembench.stages.derive_class_counts import class_counts

SCENES = {
    "train": ["ulm/ulm_000001_000019", "aachen/aachen_000000_000019"],
    "val": ["lindau/lindau_000000_000019"],
}


def _png(values):
    content = io.BytesIO()
    Image.fromarray(np.asarray(values, dtype=np.uint8)).save(content, "PNG")
    return content.getvalue()


def _labels(number):
    """Return the label ids 0 to 33, then 255, from left to right; the first one by the scene's number."""
    values = np.tile(np.array([*range(34), *[255] * 30]), (32, 1))
    values[0, 0] = 7 + number
    return values


@pytest.fixture
def folder(tmp_path, make_known, monkeypatch):
    monkeypatch.setattr(cityscapes, "IMAGE_SHAPE", (3, 32, 64))
    monkeypatch.setattr(cityscapes, "SIZES", {"train": 2, "test": 1})

    def made(changes=None, *, left_out=(), cut=0):
        pictures = {"README": b"", "license.txt": b""}
        labels = {"README": b""}
        for part, scenes in SCENES.items():
            for number, scene in enumerate(scenes):
                of = f"{part}/{scene}"
                pictures[f"leftImg8bit/{of}_leftImg8bit.png"] = _png(np.full((32, 64, 3), 40 + number))
                labels[f"gtFine/{of}_gtFine_labelIds.png"] = _png(_labels(number))
                labels[f"gtFine/{of}_gtFine_instanceIds.png"] = b"never read"
                labels[f"gtFine/{of}_gtFine_color.png"] = b"never read"
        pictures["leftImg8bit/test/bonn/bonn_0_leftImg8bit.png"] = b"never read"
        labels["gtFine/test/bonn/bonn_0_gtFine_labelIds.png"] = b"never read"
        for name, contents in zip(cityscapes.FILES, (pictures, labels), strict=True):
            contents |= {key: value for key, value in (changes or {}).items() if key in contents}
            with zipfile.ZipFile(tmp_path / name, "w") as archive:
                for member, content in contents.items():
                    if member not in left_out:
                        archive.writestr(member, content)
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) - cut])
        make_known(cityscapes, tmp_path)
        return tmp_path

    return made


def test_the_training_part(folder):
    images, labels = cityscapes.train(folder())
    assert images.shape == (2, 3, 32, 64)
    assert images[:][:, 0, 0, 0].tolist() == [41, 40]  # city by city: aachen, ulm
    assert labels.shape == (2, 32, 64)
    assert labels[:][:, 0, 0].tolist() == [1, 0]  # the first pixel has the ids 8 and 7


def test_the_validation_part_is_the_test_set(folder):
    images, labels = cityscapes.test(folder())
    assert np.asarray(images).shape == (1, 3, 32, 64)
    assert np.asarray(labels).shape == (1, 32, 64)


def test_train_ids(folder):
    """The official table: https://github.com/mcordts/cityscapesScripts, helpers/labels.py."""
    trained = {
        7: 0, 8: 1, 11: 2, 12: 3, 13: 4, 17: 5, 19: 6, 20: 7, 21: 8, 22: 9, 23: 10, 24: 11, 25: 12, 26: 13, 27: 14,
        28: 15, 31: 16, 32: 17, 33: 18,
    }  # fmt: skip
    _, labels = cityscapes.train(folder())
    row = labels[:][0, 1]
    assert row[:34].tolist() == [trained.get(value, 255) for value in range(34)]
    assert set(row[34:].tolist()) == {255}  # -1, as a grey value
    assert class_counts(labels[:], 19, "image").tolist() == [2] * 19


@pytest.mark.parametrize(
    "name",
    [
        "leftImg8bit/train/ulm/ulm_000001_000019_leftImg8bit.png",
        "gtFine/train/ulm/ulm_000001_000019_gtFine_labelIds.png",
    ],
)
def test_pictures_and_labels_belong_together(folder, name):
    made = folder(left_out=[name])
    with pytest.raises(DataError, match=r"train set: . pictures and . label maps, 1 of them of the same scene"):
        cityscapes.train(made)
    assert len(cityscapes.test(made)[0]) == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gtFine/val/{}_gtFine_labelIds.png", _png(np.full((32, 64), 34)), r"labelIds\.png: has labels \[34\]"),
        ("gtFine/val/{}_gtFine_labelIds.png", _png(np.zeros((32, 65))), "65x32 pixels, expected 64x32"),
        ("leftImg8bit/val/{}_leftImg8bit.png", _png(np.zeros((30, 64, 3))), "64x30 pixels, expected 64x32"),
        ("leftImg8bit/val/{}_leftImg8bit.png", b"x", "not a whole picture"),
    ],
)
def test_other_pictures_are_refused(folder, name, content, message):
    images, labels = cityscapes.test(folder({name.format(SCENES["val"][0]): content}))
    with pytest.raises(DataError, match=message):
        (images[:], labels[:])


def test_archives_are_closed_with_what_reads_from_them(folder, monkeypatch):
    path, opened, real = folder(), [], zipfile.ZipFile
    monkeypatch.setattr(zipfile, "ZipFile", lambda *given: opened.append(real(*given)) or opened[-1])
    images, labels = cityscapes.test(path)
    assert [archive.fp is None for archive in opened] == [True, True, False, False]
    (images[:], labels[:])
    del images, labels
    gc.collect()
    assert all(archive.fp is None for archive in opened)


def test_a_damaged_archive_is_refused(folder):
    with pytest.raises(DataError, match=r"gtFine_trainvaltest\.zip: not a whole zip archive"):
        cityscapes.train(folder(cut=100))


def test_the_message_says_how_to_get_them(tmp_path):
    with pytest.raises(DataError, match=r"(?s)leftImg8bit_trainvaltest\.zip is missing.*register.*gtFine.*Log in"):
        cityscapes.fetch(tmp_path)
