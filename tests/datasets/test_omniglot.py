"""The archive is not at hand: one is made, with its 659 characters by 20 drawers."""

from __future__ import annotations

import hashlib
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from hembench.core.errors import DataError
from hembench.datasets import omniglot


def _png(width: int) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.full((105, width), 255, dtype=np.uint8)).convert("1").save(content, "PNG")
    return content.getvalue()


def _archive(path, characters, png):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images_evaluation/.DS_Store", b"left by a file browser")
        archive.writestr("__MACOSX/images_evaluation/A/character00/._00.png", b"left by a file browser")
        for character in range(characters):
            for drawer in range(20):
                archive.writestr(f"images_evaluation/A/character{character:03}/{drawer:02}.png", png)


@pytest.fixture
def read(tmp_path, monkeypatch):
    def made(characters, png):
        path = tmp_path / "images_evaluation.zip"
        _archive(path, characters, png)
        monkeypatch.setattr(omniglot, "FILES", {path.name: hashlib.sha256(path.read_bytes()).hexdigest()})
        return omniglot.test(tmp_path)

    return made


def test_all_drawings_are_read_and_nothing_else(read):
    images, labels = read(659, _png(105))
    assert images.shape == (13_180, 1, 105, 105)
    np.testing.assert_array_equal(labels, np.repeat(np.arange(659), 20))


def test_another_number_of_drawings_is_refused(read):
    with pytest.raises(DataError, match="omniglot, test set"):
        read(658, _png(105))


def test_an_archive_without_drawings_is_refused(read):
    with pytest.raises(DataError, match="no drawings"):
        read(0, _png(105))
