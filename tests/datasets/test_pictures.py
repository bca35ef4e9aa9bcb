from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from hembench.core.errors import DataError
from hembench.core.vision import import_torchvision
from hembench.datasets._pictures import Pictures, Streamed, decoded, framed, members_framed

LIMITS = {"count": 100, "size": 10_000_000}


@pytest.mark.parametrize("size", [(75, 50), (50, 75), (41, 333), (64, 64), (32, 200), (31, 33)])
@pytest.mark.parametrize(("short", "side"), [(32, 32), (37, 32), (256, 224)])
def test_resized_and_cut_as_torchvision_does(picture, size, short, side):
    image = decoded(picture(*size), "x")
    transforms = import_torchvision().transforms
    bilinear = transforms.InterpolationMode.BILINEAR
    expected = transforms.CenterCrop(side)(transforms.Resize(short, bilinear)(image))
    np.testing.assert_array_equal(framed(image, short, side).transpose(1, 2, 0), np.asarray(expected))


def test_grey_palette_and_cmyk_become_red_green_blue(picture):
    for mode in ("L", "CMYK"):
        assert framed(decoded(picture(40, 40, mode=mode), "x"), 32, 32).shape == (3, 32, 32)
    content = io.BytesIO()
    Image.new("P", (40, 40)).save(content, "PNG")
    assert decoded(content.getvalue(), "x").mode == "RGB"


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_what_is_no_whole_picture_is_refused(picture, content):
    with pytest.raises(DataError, match=r"a\.tar: b\.jpg: not a whole picture"):
        decoded(picture(40, 40)[:200] if content is None else content, "a.tar: b.jpg")


@pytest.fixture
def contents(picture):
    return [picture(60 + number, 50, number) for number in range(6)]


@pytest.fixture
def pictures(contents):
    return Pictures(contents.__getitem__, [str(n) for n in range(6)], 32, short=40)


def test_pictures_are_an_array_to_their_readers(pictures, contents):
    expected = np.stack([framed(decoded(content, "x"), 40, 32) for content in contents])
    assert (pictures.shape, pictures.dtype, pictures.ndim, len(pictures)) == ((6, 3, 32, 32), np.uint8, 4, 6)
    np.testing.assert_array_equal(np.asarray(pictures, order="C"), expected)
    np.testing.assert_array_equal(pictures[1:4], expected[1:4])
    np.testing.assert_array_equal(pictures[4:99], expected[4:])
    np.testing.assert_array_equal(np.stack([pictures, pictures]), np.stack([expected, expected]))


def test_pictures_are_decoded_when_asked_for(contents):
    asked = []

    def read(number):
        asked.append(number)
        return contents[number]

    pictures = Pictures(read, [""] * 6, 32, short=32)
    assert asked == []
    pictures[2:4]
    assert asked == [2, 3]


def test_pictures_as_they_are_must_have_the_size(picture):
    pictures = Pictures([picture(32, 32), picture(32, 33)].__getitem__, ["a", "b"], 32, short=None)
    np.testing.assert_array_equal(
        pictures[0:1][0].transpose(1, 2, 0), np.asarray(Image.open(io.BytesIO(picture(32, 32))))
    )
    with pytest.raises(DataError, match="b: 32x33 pixels, expected 32x32"):
        pictures[1:2]


def test_an_archive_is_read_forward_and_anew(tmp_path, tarred):
    names = ["a/1", "b/1", "b/2", "c/1"]
    path = tarred(tmp_path / "x.tar.gz", {name: name.encode() for name in names})
    stream = Streamed(path, [name for name in names if name != "b/1"], **LIMITS)
    assert [stream.read(number) for number in (0, 2, 1, 1, 2)] == [b"a/1", b"c/1", b"b/2", b"b/2", b"c/1"]
    with pytest.raises(DataError, match="d is missing"):
        Streamed(path, ["a/1", "d"], **LIMITS).read(1)


def test_members_are_put_into_their_places(tmp_path, tarred, picture, contents):
    path = tarred(tmp_path / "x.tar", {"b.jpg": contents[1], "list.txt": b"x", "a.jpg": contents[0]})
    images = members_framed(path, {"a.jpg": 0, "b.jpg": 1}, side=32, short=32, **LIMITS)
    np.testing.assert_array_equal(images[1], framed(decoded(contents[1], "x"), 32, 32))
    assert (images[0] != images[1]).any()
    with pytest.raises(DataError, match=r"c\.jpg is missing"):
        members_framed(path, {"a.jpg": 0, "c.jpg": 1}, side=32, short=32, **LIMITS)
