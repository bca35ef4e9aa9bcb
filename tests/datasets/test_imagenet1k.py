"""The archives are behind a login: some of their layout are made, with few kinds and photographs."""

from __future__ import annotations

import io

import numpy as np
import pytest
from scipy.io import savemat

from hembench.core.errors import DataError
from hembench.datasets import imagenet1k
from hembench.datasets._pictures import Pictures, decoded, framed

KINDS = ["n01", "n02", "n03"]
IDS = {"n03": 1, "n01": 2, "n02": 3}  # the development kit counts in an order of its own
TRUTH = [2, 1, 1, 3, 2]  # of the validation images 1 to 5: n01 n03 n03 n02 n01


def _meta(kinds):
    fields = [("ILSVRC2012_ID", "f8"), ("WNID", "O"), ("words", "O"), ("gloss", "O"), ("num_children", "f8")]
    rows = [(number, kind, "words", "gloss", 0) for kind, number in kinds.items()]
    rows.append((4, "n00", "something above them", "gloss", 3))
    content = io.BytesIO()
    savemat(content, {"synsets": np.array(rows, dtype=fields)[:, None]})
    return content.getvalue()


@pytest.fixture
def folder(tmp_path, tarred, picture, make_known, monkeypatch):
    monkeypatch.setattr(imagenet1k, "IMAGE_SHAPE", (3, 32, 32))
    monkeypatch.setattr(imagenet1k, "SHORT", 37)
    monkeypatch.setattr(imagenet1k, "NUM_CLASSES", 3)
    monkeypatch.setattr(imagenet1k, "SIZES", {"train": 6, "test": 5})

    def made(**changes):
        kinds = {
            f"{kind}.tar": tarred(
                tmp_path / "inner", {f"{kind}_{n}.JPEG": picture(40 + n, 50, 10 * place + n) for n in range(2)}
            ).read_bytes()
            for place, kind in enumerate(KINDS)
        }
        validation = {f"ILSVRC2012_val_{number:08}.JPEG": picture(60, 45, number) for number in range(5, 0, -1)}
        kit = {
            "ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt": changes.get(
                "truth", "\n".join(map(str, TRUTH)).encode()
            ),
            "ILSVRC2012_devkit_t12/data/meta.mat": changes.get("meta", _meta(IDS)),
        }
        tarred(tmp_path / "ILSVRC2012_img_train.tar", kinds if changes.get("train", True) else {})
        tarred(tmp_path / "ILSVRC2012_img_val.tar", validation)
        tarred(tmp_path / "ILSVRC2012_devkit_t12.tar.gz", kit)
        make_known(imagenet1k, tmp_path)
        return tmp_path

    return made


def test_the_training_part_is_read_out_of_archives_in_an_archive(folder, picture):
    images, labels = imagenet1k.train(folder())
    assert isinstance(images, Pictures)
    assert labels.tolist() == [0, 0, 1, 1, 2, 2]
    np.testing.assert_array_equal(images[3:4][0], framed(decoded(picture(41, 50, 11), "x"), 37, 32))
    assert np.asarray(images).shape == (6, 3, 32, 32)


def test_the_validation_part_has_the_labels_of_the_development_kit(folder, picture):
    images, labels = imagenet1k.test(folder())
    assert labels.tolist() == [0, 0, 1, 2, 2]  # kind by kind
    for place, number in enumerate((1, 5, 4, 2, 3)):
        expected = framed(decoded(picture(60, 45, number), "x"), 37, 32)
        np.testing.assert_array_equal(images[place : place + 1][0], expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"truth": b"1\n2\n3\n1"}, "5 photographs and 4 labels"),
        ({"truth": b"1\n2\n1\n1\n1"}, "5 labels of 2 kinds, expected 5 of 3"),
        ({"truth": b"1\n2\n3\n1\n7"}, "its labels can't be read"),
        ({"meta": b"x"}, "its labels can't be read"),
    ],
)
def test_other_labels_are_refused(folder, changes, message):
    with pytest.raises(DataError, match=message):
        imagenet1k.test(folder(**changes))


def test_another_training_part_is_refused(folder):
    with pytest.raises(DataError, match="0 photographs and 0 labels"):
        imagenet1k.train(folder(train=False))


def test_fetch_says_step_by_step_how_to_get_the_archives(tmp_path):
    with pytest.raises(DataError) as error:
        imagenet1k.fetch(tmp_path / "imagenet1k")
    text = str(error.value)
    for name in imagenet1k.FILES:
        assert f"{name} is missing" in text
    for step in imagenet1k.STEPS:
        assert step in text
    assert "md5 fa75699e90414af021442c21a62c3abf" in text
