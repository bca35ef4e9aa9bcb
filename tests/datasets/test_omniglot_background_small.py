"""The archives here are made: 2 alphabets of 121 characters by 20 drawers, one of them in both archives."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hembench.core.errors import DataError
from hembench.datasets import omniglot_background_small

ALPHABETS = {"images_background_small1": ["B", "A"], "images_background_small2": ["B"]}


def _png(value: int) -> bytes:
    image = Image.fromarray(np.full((105, 105), value, dtype=np.uint8)).convert("1")
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _archive(path: Path, alphabets: list[str], png: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{path.stem}/", "")
        for alphabet in alphabets:
            for character in range(121):
                for drawer in range(20):
                    name = f"{path.stem}/{alphabet}/character{character:03}/{drawer:02}.png"
                    archive.writestr(name, png[alphabet])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for stem, alphabets in ALPHABETS.items():
        _archive(tmp_path / f"{stem}.zip", alphabets, {"A": _png(0), "B": _png(255)})
    made = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(tmp_path.iterdir())}
    monkeypatch.setattr(omniglot_background_small, "FILES", made)
    return tmp_path


def test_drawings_of_both_archives_are_read_once_and_sorted(folder):
    images, labels = omniglot_background_small.test(folder)
    assert images.shape == (4_840, 1, 105, 105)
    assert images.dtype == np.uint8
    assert (images[:2420] == 0).all()  # alphabet A, though it comes second in its archive
    assert (images[2420:] == 255).all()
    np.testing.assert_array_equal(labels, np.repeat(np.arange(242), 20))


def test_what_is_no_drawing_is_refused_by_name(folder, monkeypatch):
    path = folder / "images_background_small2.zip"
    _archive(path, ["B"], {"B": b"no png"})
    monkeypatch.setitem(omniglot_background_small.FILES, path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(DataError, match=r"small2.zip: .*B/character000/00.png is no drawing"):
        omniglot_background_small.test(folder)


def test_missing_and_other_archives_are_refused(folder):
    (folder / "images_background_small1.zip").write_bytes(b"other")
    with pytest.raises(DataError, match="sha256"):
        omniglot_background_small.test(folder)
    with pytest.raises(DataError, match=r"small1.zip is another file"):
        omniglot_background_small.fetch(folder)


def test_the_real_archives(real):
    folder = real("omniglot_background_small")
    images, labels = omniglot_background_small.test(folder)
    assert images.shape == (4_840, 1, 105, 105)
    assert np.unique(images).tolist() == [0, 255]
    assert (images == 0).mean() < 0.1  # ink is black, on white paper
    assert np.bincount(labels).tolist() == [20] * 242
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)  # no drawing twice
