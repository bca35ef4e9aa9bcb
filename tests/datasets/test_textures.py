"""The published archive is not at hand: one of its layout is made, with its 47 kinds and 1,880 test images."""

from __future__ import annotations

import pytest

from hembench.core.errors import DataError
from hembench.datasets import textures

KINDS = [f"kind{number:02}" for number in range(47)]
TESTED = [f"{kind}/{kind}_{number:04}.jpg" for kind in KINDS for number in range(40)]


@pytest.fixture
def folder(tmp_path, tarred, picture, make_known, monkeypatch):
    monkeypatch.setattr(textures, "IMAGE_SHAPE", (3, 32, 32))

    def made(tested):
        same = {kind: picture(40, 35, number) for number, kind in enumerate(KINDS)}
        contents = {f"dtd/images/{name}": same[name[:6]] for name in TESTED}
        contents |= {"dtd/images/kind00/kind00_9999.jpg": picture(40, 35)}  # of another split
        if tested:
            contents["dtd/labels/test1.txt"] = "\n".join(tested).encode()
        tarred(tmp_path / "dtd-r1.0.1.tar.gz", contents)
        make_known(textures, tmp_path)
        return tmp_path

    return made


def test_the_first_split_is_read(folder):
    images, labels = textures.test(folder(TESTED))
    assert images.shape == (1880, 3, 32, 32)
    assert labels.tolist() == [number for number in range(47) for _ in range(40)]
    assert abs(int(images[labels == 3].mean(axis=(0, 2, 3))[2]) - 3 * 37) < 3  # its own colour


@pytest.mark.parametrize(
    ("tested", "message"),
    [
        ([], r"has no labels/test1\.txt"),
        (TESTED[:-1], "textures, test set: images are"),
        ([*TESTED[:-1], "kind46/kind46_0099.jpg"], r"kind46_0099\.jpg is missing"),
    ],
)
def test_another_split_is_refused(folder, tested, message):
    with pytest.raises(DataError, match=message):
        textures.test(folder(tested))
