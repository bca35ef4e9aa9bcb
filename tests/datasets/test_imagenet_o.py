"""The published archive is not at hand: one of its layout is made, with 200 folders of 10 photographs."""

from __future__ import annotations

import pytest

from hembench.core.errors import DataError
from hembench.datasets import imagenet_o


@pytest.fixture
def folder(tmp_path, tarred, picture, make_known, monkeypatch):
    monkeypatch.setattr(imagenet_o, "IMAGE_SHAPE", (3, 32, 32))

    def made(each):
        same = [picture(33, 40, number) for number in range(7)]
        contents = {"imagenet-o/README.txt": b"x"}
        for number in reversed(range(200)):
            for one in range(each):
                contents[f"imagenet-o/n{number:08}/{one}.JPEG"] = same[number % 7]
        tarred(tmp_path / "imagenet-o.tar", contents)
        make_known(imagenet_o, tmp_path)
        return tmp_path

    return made


def test_all_photographs_are_read_by_name(folder):
    images, labels = imagenet_o.test(folder(10))
    assert images.shape == (2000, 3, 32, 32)
    assert labels.tolist() == [number for number in range(200) for _ in range(10)]
    assert abs(int(images[labels == 9].mean(axis=(0, 2, 3))[2]) - 2 * 37) < 3  # its own colour


def test_another_number_is_refused(folder):
    with pytest.raises(DataError, match="imagenet_o, test set: images are"):
        imagenet_o.test(folder(9))


def test_the_published_md5_is_checked(folder, monkeypatch):
    files = dict(imagenet_o.FILES)
    path = folder(1)
    monkeypatch.setattr(imagenet_o, "FILES", files)
    with pytest.raises(DataError, match=r"imagenet-o\.tar: md5 is [0-9a-f]{32}, expected 86bd7a50"):
        imagenet_o.test(path)
