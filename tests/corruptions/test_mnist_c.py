"""The published layout, in a small archive made here: fewer images, its own sha256."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from hembench.core.errors import DataError
from hembench.corruptions import mnist_c

COUNT = 4
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 28, 28, 1), dtype=np.uint8)
LABELS = np.array([7, 2, 1, 0])


def npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Return a function that writes the archive with some of its files exchanged."""
    monkeypatch.setattr(mnist_c, "SIZES", {"test": COUNT})

    def write(changes: dict[str, bytes | None] | None = None) -> Path:
        files: dict[str, bytes | None] = {}
        for number, member in enumerate((*mnist_c.MEMBERS, "identity")):
            files[f"mnist_c/{member}/test_images.npy"] = npy(IMAGES + np.uint8(number))
            files[f"mnist_c/{member}/test_labels.npy"] = npy(LABELS)
            files[f"mnist_c/{member}/train_images.npy"] = npy(IMAGES[:1])
        path = tmp_path / "mnist_c.zip"
        with zipfile.ZipFile(path, "w") as made:
            for name, content in (files | (changes or {})).items():
                if content is not None:
                    made.writestr(name, content)
        monkeypatch.setattr(mnist_c, "FILES", {path.name: hashlib.sha256(path.read_bytes()).hexdigest()})
        return tmp_path

    return write


def test_every_corruption_is_read(archive):
    folder = archive()
    for number, member in enumerate(mnist_c.MEMBERS):
        images, labels = mnist_c.read(folder, member, 1)
        np.testing.assert_array_equal(images, (IMAGES + np.uint8(number)).transpose(0, 3, 1, 2))
        assert (labels.dtype, labels.tolist()) == (np.int64, LABELS.tolist())
    assert "identity" not in mnist_c.MEMBERS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mnist_c/fog/test_images.npy": None}, "0 files fog/test_images.npy"),
        ({"other/fog/test_images.npy": npy(IMAGES)}, "2 files fog/test_images.npy"),
        ({"mnist_c/fog/test_images.npy": npy(IMAGES)[:-1]}, "fog/test_images.npy is damaged"),
        ({"mnist_c/fog/test_images.npy": b""}, "fog/test_images.npy is damaged"),
        ({"mnist_c/fog/test_images.npy": npy(IMAGES[:3])}, "images of fog are uint8"),
        ({"mnist_c/fog/test_images.npy": npy(IMAGES.astype(float))}, "images of fog are float64"),
        ({"mnist_c/fog/test_labels.npy": npy(LABELS[:3])}, "labels of fog are int64"),
        ({"mnist_c/fog/test_labels.npy": npy(LABELS.astype(object))}, "fog/test_labels.npy is damaged"),
        ({"mnist_c/fog/test_images.npy": bytes(mnist_c.LARGEST + 1)}, "expected one of at most"),
    ],
)
def test_what_is_damaged_missing_or_another_is_refused_by_name(archive, changes, message):
    with pytest.raises(DataError, match=message):
        mnist_c.read(archive(changes), "fog", 1)


def test_another_archive_is_refused(archive, tmp_path):
    archive()
    (tmp_path / "mnist_c.zip").write_bytes(b"other")
    with pytest.raises(DataError, match=r"mnist_c.zip: sha256"):
        mnist_c.read(tmp_path, "fog", 1)
    (tmp_path / "mnist_c.zip").unlink()
    with pytest.raises(DataError, match=r"mnist_c.zip: raw file is missing"):
        mnist_c.read(tmp_path, "fog", 1)


def test_there_is_one_severity(archive):
    with pytest.raises(DataError, match="no severity 2"):
        mnist_c.read(archive(), "fog", 2)
