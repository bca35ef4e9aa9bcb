"""The archive is large: one of its layout is made, with few photographs."""

from __future__ import annotations

import io

import numpy as np
import pytest
from scipy.io import savemat

from hembench.core.errors import DataError
from hembench.datasets import sbd
from hembench.datasets._dense import padded, picture

NAMES = {"train": ["2008_000003", "2008_000001"], "val": ["2008_000002"]}
SIZES = {"2008_000001": (500, 375), "2008_000002": (334, 500), "2008_000003": (500, 333)}


def _mat(values, name="Segmentation"):
    content = io.BytesIO()
    savemat(content, {"GTcls": {"Boundaries": np.zeros(1), name: values}}, do_compression=True)
    return content.getvalue()


def _labels(name):
    width, height = SIZES[name]
    return (np.arange(width * height).reshape(height, width) % 21).astype(np.uint8)


@pytest.fixture
def folder(tmp_path, tarred, picture, make_known, monkeypatch):
    monkeypatch.setattr(sbd, "SIZES", {"train": 2, "test": 1})

    def made(**changes):
        """``mat``, ``jpg``: of the validation photograph; ``val``: its list."""
        root = "benchmark_RELEASE/dataset"
        contents = {"benchmark_RELEASE/README": b""}
        for name in ("2008_000002", "2008_000001", "2008_000003"):
            contents[f"{root}/cls/{name}.mat"] = _mat(_labels(name))
        for name in ("2008_000003", "2008_000002", "2008_000001"):
            contents[f"{root}/img/{name}.jpg"] = picture(*SIZES[name], int(name[-1]))
            contents[f"{root}/inst/{name}.mat"] = b"never read"
        for part, names in NAMES.items():
            contents[f"{root}/{part}.txt"] = "\n".join(names).encode()
        for key, at in (("mat", "cls/2008_000002.mat"), ("jpg", "img/2008_000002.jpg"), ("val", "val.txt")):
            if key in changes:
                contents[f"{root}/{at}"] = changes[key]
        tarred(tmp_path / "benchmark.tgz", {k: v for k, v in contents.items() if v is not None})
        make_known(sbd, tmp_path)
        return tmp_path

    return made


def test_in_the_order_of_the_archive(folder, picture):
    images, labels = sbd.train(folder())
    assert (images.shape, labels.shape) == ((2, 3, 512, 512), (2, 512, 512))
    found, truth = np.asarray(images), np.asarray(labels)
    for place, name in enumerate(("2008_000003", "2008_000001")):
        content = picture(*SIZES[name], int(name[-1]))
        np.testing.assert_array_equal(found[place], padded(_decoded(content), (3, 512, 512), 0, "x"))
        np.testing.assert_array_equal(truth[place], padded(_labels(name), (512, 512), 255, "x"))


def _decoded(content):
    return picture(content, "x")


def test_its_validation_part_is_the_test_set(folder):
    images, labels = sbd.test(folder())
    truth = labels[:][0]
    assert (truth[:500, :334] == _labels("2008_000002")).all()
    assert set(truth[500:].ravel()) == set(truth[:, 334:].ravel()) == {255}
    assert not images[:][0, :, 500:].any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"val": b""}, r"list val\.txt has 0 names, with 0 photographs and 0 label files; expected 1"),
        ({"val": b"2008_000009"}, "1 names, with 0 photographs and 0 label files"),
        ({"val": b"2008_000001 2008_000002"}, "2 names, with 2 photographs and 2 label files; expected 1"),
        ({"val": None}, "has 0 names"),
        ({"mat": None}, "1 names, with 1 photographs and 0 label files"),
        ({"jpg": None}, "1 names, with 0 photographs and 1 label files"),
    ],
)
def test_another_archive_is_refused(folder, changes, message):
    with pytest.raises(DataError, match=message):
        sbd.test(folder(**changes))


@pytest.mark.parametrize(
    ("mat", "message"),
    [
        (
            _mat(np.full((500, 334), 255, np.uint8)),
            r"2008_000002\.mat: has labels \[255\], expected some of \[0, 1,",
        ),
        (
            _mat(np.zeros((334, 500), np.uint8)),
            r"2008_000002: photograph and labels have other sizes, 334x500 and 500x334 pixels",
        ),
        (_mat(np.zeros((500, 334), np.float64)), "no picture of classes"),
        (_mat(np.zeros((500, 334), np.uint8), "Other"), "its labels can't be read"),
        (b"not MATLAB", "its labels can't be read"),
    ],
    ids=["void", "another size", "not whole", "another field", "no file"],
)
def test_other_labels_are_refused(folder, mat, message):
    images, labels = sbd.test(folder(mat=mat))
    with pytest.raises(DataError, match=message):
        (images[:], labels[:])


WHOLE = _mat(np.zeros((500, 334), np.uint8))


@pytest.mark.parametrize(
    "mat",
    [
        *(WHOLE[:length] for length in (0, 3, 100, 130, 140, len(WHOLE) - 4)),
        WHOLE[:136] + bytes(len(WHOLE) - 136),
        WHOLE[:150] + b"\xff" * 20 + WHOLE[170:],
        b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + WHOLE[128:],
    ],
    ids=["empty", "3", "100", "130", "140", "cut", "zeros", "other bytes", "version 7.3"],
)
def test_damaged_label_files_are_named(folder, mat):
    _, labels = sbd.test(folder(mat=mat))
    with pytest.raises(DataError, match=r"benchmark\.tgz: 2008_000002\.mat: its labels can't be read"):
        labels[:]


def test_each_label_file_is_parsed_once(folder, monkeypatch):
    parsed, real = [], sbd.loadmat
    monkeypatch.setattr(sbd, "loadmat", lambda content, **given: parsed.append(given) or real(content, **given))
    images, labels = sbd.train(folder())
    (images[:], labels[:])
    assert parsed == [{"variable_names": ["GTcls"]}] * 2


def test_larger_photographs_are_refused(folder, picture):
    mat = _mat(np.zeros((20, 513), np.uint8))
    images, labels = sbd.test(folder(mat=mat, jpg=picture(513, 20)))
    for part in (images, labels):
        with pytest.raises(DataError, match="513x20 pixels, expected at most 512x512"):
            part[:]


def test_it_is_downloaded(folder, tmp_path, server, monkeypatch):
    server.files = {"/benchmark.tgz": (folder() / "benchmark.tgz").read_bytes()}
    monkeypatch.setattr(sbd, "MIRRORS", (server.address,))
    sbd.fetch(tmp_path / "sbd")
    assert len(sbd.test(tmp_path / "sbd")[0]) == 1
